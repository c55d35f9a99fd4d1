"""What visitors send: one reading of it for forms and for JSON."""

import json
from dataclasses import dataclass, field

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _, gettext_lazy

from events.models import City
from nocturne import honeypot
from nocturne.addresses import normalise_address

from . import searches

SIMPLE = str | int | float | bool | None
NOT_JSON = gettext_lazy('Send a JSON object of texts, as {"email": "ada@example.org", "city_id": "de--berlin"}.')


@dataclass(slots=True)
class SignUp:
    """`said` is what was sent; the other values count if there are no `errors` (a sentence by field)."""

    said: QueryDict
    email: str = ""
    city: City | None = None
    search: str = ""
    weekday: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_trap(self) -> bool:
        return honeypot.is_filled(self.said)


def read_sign_up(request: HttpRequest) -> SignUp:
    try:
        said = _from_json(request.body) if request.content_type == "application/json" else request.POST.copy()
    except (ValueError, RecursionError):
        return SignUp(QueryDict(mutable=True), errors={"body": str(NOT_JSON)})
    return sign_up_of(said)


def sign_up_of(said: QueryDict) -> SignUp:
    form = SignUp(said)
    try:
        form.email = normalise_address(said.get("email", ""))
    except ValueError as error:
        form.errors["email"] = str(error)
    form.city = City.objects.active().filter(code=said.get("city_id", "").strip().replace("\0", "")).first()
    if form.city is None:
        form.errors["city_id"] = _("Please choose a city of the list.")
    else:
        form.search = searches.stored(_search_of(said), form.city)
    form.weekday = weekday_of(said, form.errors)
    return form


def weekday_of(said: QueryDict, errors: dict[str, str]) -> int:
    raw = said.get("weekday", "").strip() or "0"
    if raw in tuple("0123456"):
        return int(raw)
    errors["weekday"] = _("Please choose a day: 0 is Monday, 6 is Sunday.")
    return 0


def _search_of(said: QueryDict) -> QueryDict:
    """The search may come as one query string, as on a city's page, or as its parameters."""
    query = QueryDict(said.get("search", "")[:5000], mutable=True)
    for name in said:
        if name not in ("email", "city_id", "weekday", honeypot.FIELD, "search"):
            query.setlist(name, said.getlist(name))
    return query


def _from_json(body: bytes) -> QueryDict:
    values = json.loads(body)
    if not isinstance(values, dict):
        raise ValueError
    said = QueryDict(mutable=True)
    for name, value in values.items():
        several = value if isinstance(value, list) else [value]
        if not all(isinstance(one, SIMPLE) for one in several):
            raise ValueError
        said.setlist(name, [_storable(str(one)) for one in several if one is not None])
    return said


def _storable(text: str) -> str:
    """JSON can name halves of characters, which no database takes."""
    return text.encode(errors="replace").decode()
