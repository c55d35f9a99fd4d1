"""A message that is serialised once for many readers: what differs is put into its bytes.

Bodies are quoted-printable, in lines of 76 characters at most that every server takes as they are. What is put in has
lines of its own there, so that no encoding splits it; the headers that differ stand before all others.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from email import quoprimime
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from .mail import MAX_LINE, Mail
from .smtp import Ready, stuffed

OF_READERS = ("To", "Message-ID", "Date", "List-Unsubscribe")
WIDTH = 75  # one more is the mark of a line that goes on

_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[A-Za-z0-9.-]+", re.ASCII)
_URL = re.compile(r"https?://[\w.:/%~+-]+", re.ASCII)  # also nothing that HTML or quoted-printable would read


class Prebuilt:
    """`words` stand in the bodies of the message, each for a URL that differs."""

    def __init__(self, message: Mail, words: Sequence[str]) -> None:
        built: Any = message.message(policy=SMTP)
        self._sender = built["From"].addresses[0].addr_spec
        for name in OF_READERS:
            del built[name]
        for part in built.walk():
            if part.get_content_maintype() == "text":
                quoted = _quoted(part.get_content(), words)
                del part["Content-Transfer-Encoding"]
                part["Content-Transfer-Encoding"] = "quoted-printable"
                part.set_payload(quoted)
        pattern = "|".join(map(re.escape, words)).encode()
        # the words are at every second place
        self._pieces = re.split(b"(%s)" % pattern, stuffed(built.as_bytes()))

    @staticmethod
    def fits(address: str) -> bool:
        """Whether an address can stand in a header as it is, without quotes and comments."""
        return bool(_ADDRESS.fullmatch(address))

    def to(
        self,
        address: str,
        urls: Mapping[str, str],
        *,
        message_id: str,
        unsubscribe: str,
        now: dt.datetime,
        given: tuple[object, ...] = (),
    ) -> Ready:
        """The message to an address that fits, with a URL for each word. ValueError for what is no plain URL."""
        if not self.fits(address):
            raise ValueError("The address cannot stand in a header as it is.")
        head = (
            f"To: {address}\r\nMessage-ID: {message_id}\r\nDate: {format_datetime(now)}\r\n"
            f"List-Unsubscribe: <{_checked(unsubscribe)}>\r\n"
        )
        lines = {word.encode(): _line(url) for word, url in urls.items()}
        pieces = [lines[piece] if place % 2 else piece for place, piece in enumerate(self._pieces)]
        return Ready(self._sender, address, message_id, b"".join((head.encode("ascii"), *pieces)), given)


def _quoted(text: str, words: Sequence[str]) -> str:
    """Quoted-printable, each word alone on a line that belongs to those before and after it."""
    parts = re.split(f"({'|'.join(map(re.escape, words))})", text)
    return "".join(
        f"=\n{part}=\n" if place % 2 else quoprimime.body_encode(part.encode().decode("latin-1"), WIDTH)
        for place, part in enumerate(parts)
    )


def _line(url: str) -> bytes:
    """A URL in quoted-printable, from the start of a line on; a dot there would have to be doubled."""
    url = _checked(url)
    lines = (url[at : at + WIDTH - 2] for at in range(0, len(url), WIDTH - 2))
    return "=\r\n".join(f"=2E{one[1:]}" if one.startswith(".") else one for one in lines).encode("ascii")


def _checked(url: str) -> str:
    if not _URL.fullmatch(url) or len(url) > MAX_LINE - 50:
        raise ValueError("A link of the mail cannot stand in it as it is.")
    return url
