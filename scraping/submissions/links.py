"""The one link that a sender gets: it confirms, shows how far it is, changes and cancels."""

from django.urls import reverse

from nocturne.origin import absolute
from nocturne.tokens import BadToken, make_token, read_token

from .model import Submission

PURPOSE = "scraping.submission"


def token_of(submission: Submission) -> str:
    return make_token(PURPOSE, submission.pk, submission.token_version)


def url_of(submission: Submission) -> str:
    return absolute(reverse("scraping:submission", args=[token_of(submission)]))


def submission_of(token: str) -> Submission:
    """BadToken if the link is no good, its submission is gone, or its sender was forgotten."""
    pk, version = read_token(PURPOSE, token)
    rows = Submission.objects.select_related("city", "listing__event__root__city")
    found = rows.filter(pk=pk, token_version=version).first()
    if found is None:
        raise BadToken
    return found
