"""E-mail addresses: one form for each, and a keyed hash that knows an address again after it was erased."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, gettext as _
from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254


def normalise_address(raw: str) -> str:
    """The one form of an address: ASCII and lower case. ValueError says in a sentence what is wrong with it.

    Whether there is such a mailbox nobody is asked: bounces tell.
    """
    text = raw.strip()
    if not text:
        raise ValueError(_("Please write your e-mail address."))
    try:
        found = validate_email(text[:1000], check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        said = _("That is not a complete e-mail address.")
        # the library says what is wrong in English only
        raise ValueError(f"{said} {error}" if (get_language() or "en").startswith("en") else said)
    return str(found.ascii_email).lower()


def address_hash(address: str) -> str:
    """The hash that an address is stored under."""
    return _hash(address, settings.SECRET_KEY)


def address_hashes(*addresses: str) -> list[str]:
    """All hashes that addresses may be stored under: of SECRET_KEY, and of those of SECRET_KEY_FALLBACKS."""
    keys: Iterable[str] = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [_hash(address, key) for key in keys for address in addresses]


def _hash(address: str, key: str) -> str:
    return salted_hmac("nocturne.address", address.strip().lower(), secret=key, algorithm="sha256").hexdigest()
