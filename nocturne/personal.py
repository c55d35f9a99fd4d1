"""All that is kept about somebody: each app says what it has, and takes it away.

An app registers two functions of the account: `export` gives what JSON can say, `erase` may be called again. What it
keeps and for how long `said` tells visitors, on the page about privacy.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from . import mail
from .addresses import address_hashes
from .models import Change, EmailLog, Suppression, Ticket, User


class Part(NamedTuple):
    export: Callable[[User], Any]
    erase: Callable[[User], None]
    said: Callable[[], str]


_parts: dict[str, Part] = {}


def register(
    name: str, *, export: Callable[[User], Any], erase: Callable[[User], None], said: Callable[[], str]
) -> None:
    """Have what an app keeps exported under a name, erased with the account, and told to visitors."""
    _parts[name] = Part(export, erase, said)


def told() -> list[str]:
    """What is kept of people and for how long, a paragraph a part, in the language of the site."""
    account = _(
        "An account: your e-mail address, the name that you chose and when you last signed in, until you delete it."
    )
    ledger = _(
        "Mail: which one went to which address, when, and what became of it, for {days} days. An address that is "
        "erased leaves a keyed hash there; and one that refuses our mail, or complained of it, stays noted so that it "
        "gets no more."
    ).format(days=settings.MAIL_LOG_DAYS)
    return [account, *(part.said() for part in _parts.values()), ledger]


def exported(user: User) -> dict[str, Any]:
    """All that is kept about an account and its address."""
    hashes = address_hashes(user.email)
    mails = EmailLog.objects.filter(hashed__in=hashes).order_by("queued_at", "pk")
    suppressed = Suppression.objects.filter(hashed__in=hashes).order_by("since")
    return {
        "email": user.email,
        "name": user.display_name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "joined_at": user.date_joined,
        "signed_in_at": user.last_login,
        **{name: part.export(user) for name, part in _parts.items()},
        "mails": list(mails.values("kind", "state", "why", "message_id", "queued_at", "finished_at")),
        "suppressed": list(suppressed.values("reason", "note", "since")),
    }


@transaction.atomic
def erase(user: User) -> None:
    """Delete an account and what all apps keep of it. The ledger of mail keeps a hash of the address.

    What editors did stays in the log; who has been one leaves a row without name, address and rights behind it.
    """
    locked = User.objects.select_for_update().filter(pk=user.pk).first()
    if locked is None:
        return
    for part in _parts.values():
        part.erase(locked)
    mail.erase([locked.email])
    Ticket.objects.filter(address=locked.email).delete()
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(locked.pk))
    about.update(object_repr="an erased account", change_message="")
    pk, email = locked.pk, locked.email
    if LogEntry.objects.filter(user=locked).exists():
        _empty(locked)
    else:
        locked.delete()
    # last, since the trail has just taken down that, too
    Change.objects.filter(model="nocturne.User", object_id=pk).update(before=None, after=None)
    Change.objects.filter(actor=email).update(actor=f"user {pk}")


def _empty(user: User) -> None:
    user.email = f"erased-{user.pk}@erased.invalid"
    user.display_name = user.first_name = user.last_name = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
