"""The pictures that listings name: fetched by a worker, host by host, as politely as everything else.

An address is claimed with a token. What became of it stands in its row, with the time of the next try; how often it was
claimed without an end is counted there, too, so that a picture that kills its worker cannot loop.
"""

import datetime as dt
import hashlib
import logging
import random
import time
import uuid
from dataclasses import dataclass

from django.db.models import F
from django.utils import timezone as clock

from events import images
from events.illustration import delete_taken_down, illustrate
from events.models import Event, Image, ImageAddress, Listing
from nocturne.http import FetchError

from . import fetch
from .decoding import NoPicture, decode
from .fetch import Later, validator

log = logging.getLogger(__name__)
CLAIM_FOR = dt.timedelta(minutes=5)
MAX_ATTEMPTS = 3
MAX_HOSTS = 20
SECONDS = 45
# A picture that is kept is asked for again, and what is none or is gone tried again; each time later.
AGAIN_AFTER = dt.timedelta(days=7)
AGAIN_LAST = dt.timedelta(days=56)
RETRY_FIRST = dt.timedelta(minutes=15)
ACCEPT = "image/webp, image/avif, image/jpeg, image/png, image/gif, image/*;q=0.5"
_PASSING = ("connect", "timeout", "incomplete", "http.429", "http.5")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to fetch one picture now; `address` is its row as it was when claimed."""

    token: uuid.UUID
    address: ImageAddress

    def end(self, **columns: object) -> None:
        """End it, unless another worker has taken over."""
        ImageAddress.objects.filter(pk=self.address.pk, claim=self.token).update(
            claim=None, claimed_until=None, attempts=0, **columns
        )


def due_hosts(now: dt.datetime) -> list[str]:
    """Hosts of which pictures are due, those first that wait longest."""
    rows = ImageAddress.objects.due(now).order_by("next_at").values_list("host", flat=True)
    return list(dict.fromkeys(rows[:2000]))[:MAX_HOSTS]


def fetch_images(host: str) -> int:
    """Fetch what is due of a host, for the better part of a minute, and show it; how many addresses were asked.

    Safe to repeat, and to kill at any line.
    """
    end = time.monotonic() + SECONDS
    asked = 0
    while time.monotonic() < end and (claimed := claim(host, clock.now())):
        if not _is_wanted(claimed.address, clock.now()):
            claimed.end(state=ImageAddress.State.RESTING, next_at=None)
            continue
        asked += 1
        if not _fetch(claimed, clock.now()):
            break
    show()
    return asked


def show() -> None:
    """Finish what was begun: events get their pictures, and files of what was taken down go."""
    illustrate(now=clock.now())
    delete_taken_down()


def claim(host: str, now: dt.datetime) -> Claim | None:
    """Claim an address of a host that is due; None if there is none."""
    token = uuid.uuid4()
    columns = {"claim": token, "claimed_until": now + CLAIM_FOR, "attempts": F("attempts") + 1}
    for pk in ImageAddress.objects.due(now).filter(host=host).order_by("next_at").values_list("pk", flat=True)[:100]:
        # of two workers one finds it taken
        if ImageAddress.objects.free(now).filter(pk=pk).update(**columns):
            return Claim(token, ImageAddress.objects.select_related("image").get(pk=pk))
    return None


def _is_wanted(address: ImageAddress, now: dt.datetime) -> bool:
    """Whether something that is to come names it, in a source whose pictures may be shown, or an editor chose it."""
    today = (now - dt.timedelta(days=1)).date()
    named = Listing.objects.live().with_image(address.url).filter(last_night__gte=today, source__images=True)
    if any(_may_be_read(url) for url in named.order_by().values_list("source__url", flat=True).distinct()):
        return True
    return Event.objects.with_chosen_image(address.url).filter(last_night__gte=today).exists()


def _may_be_read(source_url: str) -> bool:
    """A source that asked not to be read, or whose terms say so, is not taken pictures from, wherever they lie."""
    try:
        fetch.obey(source_url)
    except FetchError:
        return False
    return True


def _fetch(claimed: Claim, now: dt.datetime) -> bool:
    """Fetch one picture and write down what became of it; False where its host is to be left alone for now."""
    address = claimed.address
    try:
        if address.attempts > MAX_ATTEMPTS:
            raise NoPicture("worker.died", f"The last {MAX_ATTEMPTS} workers that asked for it did not end.")
        image, columns = _asked(address, now)
    except Later as later:
        claimed.end()
        _rest(address.host, now, dt.timedelta(seconds=later.seconds))
        return False
    except (FetchError, NoPicture) as error:
        return _failed(claimed, now, error)
    changed = {} if image.pk == address.image_id and image.bytes else {"pending_since": now}
    claimed.end(
        **{**columns, **changed, "state": ImageAddress.State.KEPT, "image": image, "error": "", "message": ""},
        fetched_at=now,
        failures=0,
        next_at=now + AGAIN_AFTER * random.uniform(0.9, 1.1),
    )
    return True


def _asked(address: ImageAddress, now: dt.datetime) -> tuple[Image, dict[str, object]]:
    """The picture that is at an address, kept, and the columns that help to ask for it again."""
    known = address.image
    conditional = known is not None and (known.bytes > 0 or known.taken_down_at is not None)
    response = fetch.ask(
        address.url,
        etag=address.etag if conditional else "",
        last_modified=address.last_modified if conditional else "",
        accept=ACCEPT,
        now=now,
    )
    if response.status == 304 and known is not None:
        return known, {}
    validators: dict[str, object] = {
        "etag": validator(response, "etag", length=500),
        "last_modified": validator(response, "last-modified", length=100),
    }
    return _kept(response.body), validators


def _kept(body: bytes) -> Image:
    """The picture of these bytes; those that are known already, or were taken down, are not decoded again."""
    digest = hashlib.sha256(body).hexdigest()
    known = Image.objects.filter(hash=digest).first()
    if known and (known.bytes or known.taken_down_at):
        return known
    decoded = decode(body)
    return images.keep(digest, width=decoded.width, height=decoded.height, colour=decoded.colour, files=decoded.files)


def _failed(claimed: Claim, now: dt.datetime, error: FetchError | NoPicture) -> bool:
    """What passes is tried again soon, the whole host later; what is no picture, or is gone, is not shown any more."""
    address = claimed.address
    columns: dict[str, object] = {"error": error.kind[:60], "message": str(error)[:500], "failures": F("failures") + 1}
    if error.kind.startswith(_PASSING):
        wait = min(RETRY_FIRST * 4 ** min(address.failures, 5), AGAIN_AFTER) * random.uniform(0.8, 1.2)
        asked_for = dt.timedelta(seconds=getattr(error, "retry_after", None) or 0)
        claimed.end(**columns, next_at=now + max(wait, asked_for))
        _rest(address.host, now, max(RETRY_FIRST, asked_for))
        return False
    if address.image_id:
        columns["pending_since"] = now
    wait = min(AGAIN_AFTER * 2 ** min(address.failures, 5), AGAIN_LAST) * random.uniform(0.9, 1.1)
    validators = {"etag": "", "last_modified": ""}
    state = ImageAddress.State.FAILED
    claimed.end(**columns, **validators, state=state, image=None, fetched_at=now, next_at=now + wait)
    log.info("no picture at %s: %s", address.url[:200], error)
    return True


def _rest(host: str, now: dt.datetime, wait: dt.timedelta) -> None:
    """Leave a host alone for some time."""
    ImageAddress.objects.filter(host=host, next_at__lt=now + wait).update(next_at=now + wait)
