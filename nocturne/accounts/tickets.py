"""Tickets: what lets one in, once. A code in a mail, for the browser that asked for it; or a link for staff.

Of codes a hash is kept; links are signed with the number of their ticket. Tries and use are counted by conditional
updates, so that however many come at once, a code has three tries and a ticket is used once.
"""

import datetime as dt
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone as clock
from django.utils.crypto import constant_time_compare, salted_hmac

from nocturne.tokens import BadToken, make_token, read_token

CODE_LIFE = dt.timedelta(minutes=15)
LINK_LIFE = dt.timedelta(minutes=10)
TRIES = 3
DIGITS = 6
PURPOSE = "admin_login"
KEPT = dt.timedelta(days=1)  # after its end, so that who comes late hears that it has ended


class Ticket(models.Model):
    """What lets an address in, once: a code that was mailed, or a link that `admin_login` printed."""

    class Kind(models.TextChoices):
        CODE = "code", "a code in a mail"
        LINK = "link", "a link of admin_login"

    kind = models.CharField(max_length=4, choices=Kind)
    address = models.CharField(max_length=254)
    hashed = models.CharField(max_length=64, blank=True, help_text="Of the code; a link is signed.")
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            # what is over
            models.Index(fields=["expires_at"], name="ticket_expires"),
            # all of an address, to delete them or to void them
            models.Index(fields=["address"], name="ticket_address"),
        )

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class Refused(Exception):
    """What was given does not let in. With `left` it may be tried again so often; without, the ticket is over."""

    def __init__(self, *, left: int = 0) -> None:
        super().__init__(f"{left} tries left" if left else "over")
        self.left = left


def issue_code(address: str, *, now: dt.datetime | None = None) -> tuple[Ticket, str]:
    """A ticket for an address, and the code that is to be mailed there and written down nowhere."""
    now = now or clock.now()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    kind = Ticket.Kind.CODE
    ticket = Ticket(kind=kind, address=address, hashed=_code_hash(address, code), expires_at=now + CODE_LIFE)
    ticket.save()
    return ticket, code


def use_code(pk: int, raw: str, *, now: dt.datetime | None = None) -> str:
    """The address of the ticket whose code this is, as people write codes; it is used up. Else Refused."""
    now = now or clock.now()
    live = Ticket.objects.filter(pk=pk, kind=Ticket.Kind.CODE, used_at=None, expires_at__gt=now)
    if not live.filter(tries__lt=TRIES).update(tries=models.F("tries") + 1):
        raise Refused
    ticket = live.first()
    if ticket is None:
        raise Refused
    code = "".join(character for character in raw[:100] if character.isascii() and character.isdigit())
    if not constant_time_compare(ticket.hashed, _code_hash(ticket.address, code)):
        raise Refused(left=max(0, TRIES - ticket.tries))
    if not live.update(used_at=now):
        raise Refused
    return ticket.address


def issue_link(address: str, *, now: dt.datetime | None = None) -> str:
    """The token of a link that lets the owner of this address in; older ones of the address are void."""
    now = now or clock.now()
    kind = Ticket.Kind.LINK
    Ticket.objects.filter(kind=kind, address=address).delete()
    ticket = Ticket.objects.create(kind=kind, address=address, expires_at=now + LINK_LIFE)
    return make_token(PURPOSE, ticket.pk, 0)


def link_address(token: str, *, now: dt.datetime | None = None) -> str:
    """Whom a link would let in, without using it; else Refused."""
    ticket = _live_link(token, now or clock.now()).first()
    if ticket is None:
        raise Refused
    return ticket.address


def use_link(token: str, *, now: dt.datetime | None = None) -> str:
    """The address of a link, which is used up; else Refused."""
    now = now or clock.now()
    address = link_address(token, now=now)
    if not _live_link(token, now).update(used_at=now):
        raise Refused
    return address


def forget(*, now: dt.datetime | None = None) -> int:
    """Delete tickets that were over a day ago; how many."""
    return Ticket.objects.filter(expires_at__lt=(now or clock.now()) - KEPT).delete()[0]


def _live_link(token: str, now: dt.datetime) -> models.QuerySet[Ticket]:
    try:
        pk, _version = read_token(PURPOSE, token)
    except BadToken:
        raise Refused
    return Ticket.objects.filter(pk=pk, kind=Ticket.Kind.LINK, used_at=None, expires_at__gt=now)


def _code_hash(address: str, code: str) -> str:
    """Keyed: there are so few codes that any other hash could be read back."""
    text = f"{address}\0{code}"
    return salted_hmac("nocturne.ticket", text, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()
