"""What has to hold at the end: of what visitors and publishers were promised nothing is lost or double."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.outside import Mailbox, Publishers
from tests.chaos.visitors import Crowd

READERS = "@berlin.example.org"  # of the digest, as tests/bench/sending.py makes them


@dataclass
class Balance:
    """`wrong` are sentences; `counts` what was compared."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def events(publishers: Publishers, balance: Balance) -> None:
    """Each calendar has each of its events once, as a listing and as an event."""
    from events.models import Event, Listing

    size = publishers.stop_growing()
    for number in range(publishers.count):
        titles = Counter(Listing.objects.filter(source__name=f"Publisher {number}").values_list("title", flat=True))
        expected = Counter(publishers.title(number, index) for index in range(size))
        if titles != expected:
            balance.wrong.append(
                f"Publisher {number}: {(expected - titles).total()} listings lost, {(titles - expected).total()} double"
            )
        balance.counts["listings"] = balance.counts.get("listings", 0) + titles.total()
        shown = Event.objects.filter(listings__source__name=f"Publisher {number}").distinct()
        if shown.count() != size:
            balance.wrong.append(f"Publisher {number}: {shown.count()} events of {size} listings")
    if homeless := Listing.objects.filter(event=None).count():
        balance.wrong.append(f"{homeless} listings without an event")
    if orphans := Event.objects.filter(title__startswith="Programme", listings=None).count():
        balance.wrong.append(f"{orphans} events without a listing")


def sign_ups(crowd: Crowd, mailbox: Mailbox, balance: Balance) -> None:
    """Who was told that a mail is on its way has a subscription and got one mail; nobody got two."""
    from nocturne.models import EmailLog
    from subscriptions.models import Subscription

    kept = Counter(
        Subscription.objects.filter(subscriber__email__startswith="visitor-").values_list(
            "subscriber__email", flat=True
        )
    )
    got = Counter(address for address in mailbox.taken if address.startswith("visitor-"))
    # a worker that is killed while the server takes its mail leaves one of which nobody knows: it is not sent again
    rows = EmailLog.objects.filter(state=EmailLog.State.UNCERTAIN, address__startswith="visitor-")
    uncertain = set(rows.values_list("address", flat=True))
    balance.counts |= {"sign-ups": len(crowd.signed_up), "sign-ups of unsure end": len(crowd.unsure)}
    balance.counts |= {"mails of sign-ups": got.total(), "uncertain mails of sign-ups": len(uncertain)}
    for address in crowd.signed_up:
        if kept[address] != 1:
            balance.wrong.append(f"{address}: {kept[address]} subscriptions")
        if got[address] != 1 and address not in uncertain:
            balance.wrong.append(f"{address}: {got[address]} mails")
    for address in crowd.unsure:
        if kept[address] > 1 or got[address] > 1:
            balance.wrong.append(f"{address}: {kept[address]} subscriptions, {got[address]} mails, and no answer")


def answers(crowd: Crowd, users: dict[str, int], balance: Balance) -> None:
    """The last answer that was promised stands, or one that was given after it and ended unsurely."""
    from events.models import Rsvp

    stand: dict[tuple[int, int], list[str]] = {}
    for user, event, said in Rsvp.objects.values_list("user_id", "event__root", "answer"):
        stand.setdefault((user, event), []).append(said)
    balance.counts |= {"answers": len(crowd.answers), "rows of answers": sum(map(len, stand.values()))}
    for (session, event), may in crowd.answers.items():
        found = stand.pop((users[session], event), ["nothing"])
        if len(found) != 1 or found[0] not in may:
            balance.wrong.append(f"answer to {event}: {found}, and not one of {may}")
    if stand:
        balance.wrong.append(f"{len(stand)} answers that nobody gave")


def digest(issue: Any, readers: int, mailbox: Mailbox, kills: int, balance: Balance) -> None:
    """Each reader has one row in the ledger, and got the mail that it says, once."""
    from nocturne.models import EmailLog

    got = Counter(address for address in mailbox.taken if address.endswith(READERS))
    states = dict(EmailLog.objects.filter(matter=issue.matter).values_list("address", "state"))
    counted = Counter(states.values())
    balance.counts |= {"readers": readers, "mails of the digest": got.total()}
    balance.counts |= {f"digest, {state}": count for state, count in counted.items()}
    if len(states) != readers:
        balance.wrong.append(f"{len(states)} rows in the ledger for {readers} readers")
    for address, state in states.items():
        if got[address] > 1:
            balance.wrong.append(f"{address} got the digest {got[address]} times")
        if state == EmailLog.State.SENT and not got[address]:
            balance.wrong.append(f"{address} did not get the digest, and the ledger says that it was sent")
        if state not in (EmailLog.State.SENT, EmailLog.State.UNCERTAIN):
            balance.wrong.append(f"The digest for {address} is {state}")
    # of those that were under way as a process was killed or a connection broke nobody knows; no more than these
    if counted[EmailLog.State.UNCERTAIN] > kills:
        balance.wrong.append(f"{counted[EmailLog.State.UNCERTAIN]} mails are uncertain after {kills} kills")
