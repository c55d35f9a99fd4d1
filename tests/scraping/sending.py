"""What tests of submissions share: a form as a browser sends it, and rows on their way."""

import datetime as dt
from typing import Any

from nocturne.models import User
from scraping.models import Submission
from scraping.submissions import links, steps
from scraping.submissions.form import SubmissionForm
from tests.factories import make_city

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
ADA = "ada@example.org"
DAY = dt.timedelta(days=1)


def said(**fields: Any) -> dict[str, Any]:
    """A form that is filled in well, with other values where the test says so; None leaves a field out."""
    values = {
        "title": "Ada Blum plays",
        "city": "berlin",
        "date": "2026-12-05",
        "time": "20:00",
        "venue": "Klub Null",
        "address": "Gasse 1",
        "price": "12",
        "url": "https://klub.example/ada",
        "category": "music",
        "description": "Songs of the sea, with a piano and a saw.",
        "email": ADA,
        "website": "",
        **fields,
    }
    return {name: value for name, value in values.items() if value is not None}


def make_submission(**fields: Any) -> Submission:
    """What was sent and is not confirmed yet."""
    make_city()
    form = SubmissionForm(said(**fields))
    assert form.is_valid(), form.errors
    return steps.ask(form.draft, form.cleaned_data["city"], email=form.cleaned_data["email"])


def confirmed(**fields: Any) -> Submission:
    return steps.confirm(make_submission(**fields))


def page_of(submission: Submission) -> str:
    """Where its sender's link leads."""
    return f"/submit/{links.token_of(submission)}/"


def make_editor(email: str = "editor@example.org") -> User:
    return User.objects.create(email=email, is_staff=True, is_superuser=True)
