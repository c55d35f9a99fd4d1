"""What visitors say: who goes, and comments. Everybody may read; to say something takes a session of the site."""

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from events import comments, rsvps, spam
from events.models import Comment, CommentReport, Event
from events.views.answers import too_often
from events.views.comments import too_often_reported, too_often_said
from nocturne.addresses import address_hashes
from nocturne.answers import Answer, Body, Cursor, Limit, PathId, wrong
from nocturne.cache import generation
from nocturne.client import client_address, counted_as
from nocturne.cursors import cut
from nocturne.limits import in_words
from nocturne.models import User
from nocturne.origin import is_same_origin
from nocturne.pages import private
from nocturne.problems import problem
from nocturne.visitors import SignedIn, visitor_of

from .asked import CityId, city_of
from .one import shown_event

router = Router(tags=["Visitors"])
signed_in = SignedIn()
Text = Annotated[str, Field(max_length=comments.MAX_TEXT * 2)]


class Rsvp(Schema):
    going: int
    interested: int
    answer: Literal["going", "interested"] | None = Field(description="One's own; null without one, or a session.")


class RsvpIn(Body):
    answer: Literal["going", "interested"] | None = Field(description="null takes it back.")


class CommentOut(Schema):
    id: int
    name: str
    text: str = Field(description="Plain, in lines; to be escaped where it is shown.")
    at: dt.datetime
    state: Literal["live", "held", "hidden"] = Field(description="held waits for an editor.")


class Comments(Schema):
    comments: list[CommentOut]
    next_cursor: str | None


class CommentsQuery(Schema):
    limit: Limit = 50
    cursor: Cursor = None


class CommentIn(Body):
    name: str = Field("", max_length=200, description="Shown beside it; that of the account without one.")
    text: Text


class ReportIn(Body):
    reason: Literal[tuple(CommentReport.Reason.values)]  # type: ignore[valid-type]
    text: str = Field("", max_length=2000)


@router.get("/events/{city_id}/{event_id}/rsvp", response=Rsvp, summary="How many go")
def rsvp(request: HttpRequest, city_id: CityId, event_id: PathId) -> HttpResponseBase:
    """With one's own answer, if the browser has a session."""
    user: Any = request.user
    return _counted(_event(city_id, event_id), user if user.is_authenticated else None)


@router.put(
    "/events/{city_id}/{event_id}/rsvp", auth=signed_in, response={200: Rsvp, 409: None}, summary="Say who goes"
)
def answer(request: HttpRequest, city_id: CityId, event_id: PathId, said: RsvpIn) -> HttpResponseBase:
    """Saying the same again changes nothing; 409 if the event takes no answers any more."""
    event, user = _event(city_id, event_id), visitor_of(request)
    if seconds := too_often(request, user):
        return _too_often(seconds)
    try:
        rsvps.answer(event, user, said.answer)
    except rsvps.Closed as closed:
        raise HttpError(409, str(closed))
    return _counted(event, user)


@router.get(
    "/events/{city_id}/{event_id}/comments", response={200: Comments, 304: None}, summary="The comments on an event"
)
def list_comments(
    request: HttpRequest, city_id: CityId, event_id: PathId, query: Query[CommentsQuery]
) -> HttpResponseBase:
    """Those that everybody sees, the newest first."""
    event = _event(city_id, event_id)
    answer = Answer(request, "comments", event.pk, repr(query), generation=generation(event.city_id))
    if answer.fresh:
        return answer.fresh
    found = Comment.objects.of_event(event).live().order_by("-created_at", "-pk")
    shown, more = cut(found, query.cursor, query.limit, order="comments")
    return answer.of({"comments": [_comment(row) for row in shown], "next_cursor": more})


@router.post(
    "/events/{city_id}/{event_id}/comments",
    auth=signed_in,
    response={201: CommentOut, 409: None},
    summary="Comment on an event",
)
def comment(request: HttpRequest, city_id: CityId, event_id: PathId, said: CommentIn) -> HttpResponseBase:
    """The first of an account waits for an editor. The same again within minutes is the one that is there."""
    event, user = _event(city_id, event_id), visitor_of(request)
    if not comments.is_open(event):
        raise HttpError(409, _("No more comments are taken: this was more than a month ago."))
    name, text = comments.normalise(said.name or user.display_name, said.text)
    for field, why in comments.errors(name, text).items():
        raise wrong("body", field, why)
    if seconds := too_often_said(request, user):
        return _too_often(seconds)
    row = comments.post(event, user, name=name, text=text)
    return private(JsonResponse(_comment(row), status=201))


@router.delete("/comments/{comment_id}", auth=signed_in, response={204: None}, summary="Delete a comment of one's own")
def delete_comment(request: HttpRequest, comment_id: PathId) -> HttpResponseBase:
    """Once more changes nothing."""
    row = Comment.objects.filter(pk=comment_id, user=visitor_of(request)).first()
    if row:
        comments.delete(row, visitor_of(request))
    return private(HttpResponse(status=204))


@router.post("/comments/{comment_id}/report", response={202: None, 403: None}, summary="Tell editors of a comment")
def report(request: HttpRequest, comment_id: PathId, said: ReportIn) -> HttpResponseBase:
    """Takes no account; each person's word counts once."""
    if not is_same_origin(request):
        raise HttpError(403, "Pages of other sites may not send this.")
    row = Comment.objects.live().filter(pk=comment_id).first()
    if row is None:
        raise Http404("There is no such comment.")
    user: Any = request.user if request.user.is_authenticated else None
    if seconds := too_often_reported(request, user):
        return _too_often(seconds)
    hashes = address_hashes(counted_as(client_address(request)))
    comments.report(row, hashes=hashes, user=user, reason=said.reason, text=said.text)
    return private(HttpResponse(status=202))


def _event(city_id: str, event_id: int) -> Event:
    """What visitors may see; merged ones are read through what they were merged into."""
    city, found = city_of(city_id), shown_event(event_id)
    if found.city_id != city.pk:
        raise Http404(f"This event is in {found.city.code}.")
    return found


def _counted(event: Event, user: User | None) -> HttpResponseBase:
    number = rsvps.counts([event.pk]).get(event.pk, rsvps.Counts())
    mine = rsvps.answers(user, [event.pk]).get(event.pk) if user else None
    return private(JsonResponse({"going": number.going, "interested": number.interested, "answer": mine}))


def _comment(row: Comment) -> dict[str, Any]:
    text = spam.without_addresses(row.text, _("[e-mail address]"))
    at = row.created_at.isoformat(timespec="seconds")
    return {"id": row.pk, "name": row.name, "text": text, "at": at, "state": row.state}


def _too_often(seconds: int) -> HttpResponseBase:
    said = _("That was very often. Please try again in %(time)s.") % {"time": in_words(seconds)}
    response = problem(429, said)
    response["Retry-After"] = str(seconds)
    return response
