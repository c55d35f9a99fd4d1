"""Signed tokens for the links in mails: each for one purpose, valid for a time, revocable by a number in the row.

They are signed with SECRET_KEY; what SECRET_KEY_FALLBACKS signed still counts.
"""

import datetime as dt

from django.core import signing

SEPARATOR = "."  # in addresses it needs no escape, and it is in none of the parts


class BadToken(Exception):
    """Forged, shortened, of another purpose, or no longer valid (`expired`)."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("expired" if expired else "invalid")
        self.expired = expired


def make_token(purpose: str, pk: int, version: int) -> str:
    """A token for a row; it counts for as long as the row has this version."""
    return _signer(purpose).sign(f"{pk}{SEPARATOR}{version}")


def read_token(purpose: str, token: str, *, max_age: dt.timedelta | None = None) -> tuple[int, int]:
    """Id and version of the row that a token was made for; BadToken if it was not, or longer ago than `max_age`."""
    try:
        pk, version = _signer(purpose).unsign(token, max_age=max_age).split(SEPARATOR)
        return int(pk), int(version)
    except signing.SignatureExpired:
        raise BadToken(expired=True)
    except (signing.BadSignature, ValueError):
        raise BadToken


def _signer(purpose: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=SEPARATOR, salt=f"nocturne.{purpose}")
