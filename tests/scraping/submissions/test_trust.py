"""Whose submissions go onto the list without an editor."""

import pytest
from pytest_django import Settings

from events import editing
from events.models import Event
from nocturne.models import User
from scraping.models import Submission
from scraping.submissions import steps
from tests.scraping.sending import ADA, NOW, confirmed, make_editor, make_submission

pytestmark = pytest.mark.django_db


class TestTrust:
    def publish(self, count: int, *, first: int = 0, email: str = ADA) -> None:
        editor = User.objects.first() or make_editor()
        for number in range(first, count):
            steps.publish(confirmed(title=f"Evening {number} of songs", time=f"1{number}:00", email=email), by=editor)

    def test_after_two_published_ones_an_address_is_trusted(self) -> None:
        self.publish(1)
        assert confirmed(title="Second song", time="22:00").state == "queued"
        self.publish(2, first=1)
        row = confirmed(title="Third song of the evening", time="23:00")
        assert (row.state, row.decided_by) == ("listed", None)
        assert confirmed(title="Another's song", email="otto@example.org").state == "queued"

    def test_what_is_listed_without_an_editor_does_not_make_trusted(self, settings: Settings) -> None:
        self.publish(2)
        for number in range(3):
            assert confirmed(title=f"Song {number} by the sea", time=f"2{number}:00").state == "listed"
        settings.SUBMISSIONS_TRUSTED_AFTER = 3
        assert confirmed(title="One song more").state == "queued"

    def test_a_refusal_or_a_hidden_event_ends_it(self) -> None:
        self.publish(2)
        editing.show([Event.objects.first().pk], "hidden", by=User.objects.get(), now=NOW)  # type: ignore[union-attr]
        assert confirmed(title="Third song of the evening").state == "queued"
        self.publish(2, email="otto@example.org")
        waiting = make_submission(title="The refused one", email="otto@example.org")
        Submission.objects.filter(pk=waiting.pk).update(state="queued", confirmed_at=NOW)
        steps.refuse(waiting, by=User.objects.get(), reason="Twice.")
        assert confirmed(title="Fourth song", email="otto@example.org").state == "queued"

    def test_what_looks_like_an_advertisement_waits_whoever_sends_it(self, settings: Settings) -> None:
        self.publish(2)
        assert confirmed(title="The online casino bonus night", time="23:00").state == "queued"
        settings.SUBMISSIONS_TRUSTED_AFTER = 0
        assert confirmed(title="Third song of the evening").state == "queued"
