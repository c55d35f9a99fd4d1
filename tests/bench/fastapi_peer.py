"""The events of a city's nights as FastAPI with SQLAlchemy answers them, in the shortest way that their manuals show.

It runs in a Python of its own, which PEER_PYTHON names and which has fastapi, sqlalchemy, uvicorn (with uvloop and
httptools, if it is to be as fast as it can be) and psycopg; nothing of it belongs to the project. The answer is that of
/api/events/{city}, for as many events as fit on its first page. No limits, no cache, no ETag: only query and answer.
"""

import datetime as dt
import os
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import psycopg
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, contains_eager, joinedload, mapped_column, relationship

engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(os.environ["DATABASE_URL"]))
app = FastAPI()


class Base(DeclarativeBase):
    pass


class City(Base):
    __tablename__ = "events_city"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    code: Mapped[str]
    active: Mapped[bool]


class Venue(Base):
    __tablename__ = "events_venue"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Event(Base):
    __tablename__ = "events_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    slug: Mapped[str]
    city_id: Mapped[int] = mapped_column(ForeignKey("events_city.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("events_venue.id"))
    merged_into_id: Mapped[int | None]
    visibility: Mapped[str]
    is_run: Mapped[bool]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime | None]
    timezone: Mapped[str]
    night: Mapped[dt.date]
    last_night: Mapped[dt.date]
    all_day: Mapped[bool]
    time_known: Mapped[bool]
    status: Mapped[str]
    category: Mapped[str]
    address: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    online: Mapped[bool]
    price_min: Mapped[Decimal | None]
    price_max: Mapped[Decimal | None]
    currency: Mapped[str]
    is_free: Mapped[bool | None]
    source_count: Mapped[int]
    city: Mapped[City] = relationship()
    venue: Mapped[Venue | None] = relationship()


class VenueName(BaseModel):
    id: int
    name: str


class EventOut(BaseModel):
    id: int
    title: str
    url: str
    city: str
    starts_at: str
    ends_at: str | None
    image: str | None
    timezone: str
    night: dt.date
    last_night: dt.date
    all_day: bool
    time_known: bool
    status: str
    category: str | None
    venue: VenueName | None
    address: str | None
    latitude: float | None
    longitude: float | None
    online: bool
    price_min: float | None
    price_max: float | None
    currency: str | None
    is_free: bool | None
    source_count: int


class Events(BaseModel):
    city: str
    date_from: dt.date
    date_to: dt.date
    events: list[EventOut]
    next_cursor: str | None


def session() -> Session:
    with Session(engine) as found:
        yield found


def local(moment: dt.datetime | None, event: Event) -> str | None:
    if moment is None:
        return None
    found = moment.astimezone(ZoneInfo(event.timezone))
    timed = event.time_known and not event.all_day
    return found.isoformat(timespec="minutes") if timed else found.date().isoformat()


def out(event: Event) -> EventOut:
    return EventOut(
        id=event.id,
        title=event.title,
        url=f"{os.environ['SITE_URL']}/{event.city.slug}/events/{event.slug}-{event.id}/",
        city=event.city.code,
        starts_at=local(event.starts_at, event),
        ends_at=local(event.ends_at, event),
        image=None,
        timezone=event.timezone,
        night=event.night,
        last_night=event.last_night,
        all_day=event.all_day,
        time_known=event.time_known,
        status=event.status,
        category=event.category or None,
        venue=VenueName(id=event.venue.id, name=event.venue.name) if event.venue else None,
        address=event.address or None,
        latitude=event.latitude,
        longitude=event.longitude,
        online=event.online,
        price_min=event.price_min,
        price_max=event.price_max,
        currency=event.currency or None,
        is_free=event.is_free,
        source_count=event.source_count,
    )


@app.get("/api/events/{city}")
def list_events(
    city: str, date_from: dt.date, date_to: dt.date, limit: int, db: Annotated[Session, Depends(session)]
) -> Events:
    rows = (
        select(Event)
        .join(Event.city)
        .options(contains_eager(Event.city), joinedload(Event.venue))
        .where(City.slug == city, City.active)
        .where(Event.visibility == "published", Event.merged_into_id.is_(None), ~Event.is_run)
        .where(Event.night.between(date_from, date_to))
        .order_by(Event.night, Event.starts_at, Event.id)
        .limit(limit)
    )
    events = [out(event) for event in db.scalars(rows)]
    return Events(city=events[0].city, date_from=date_from, date_to=date_to, events=events, next_cursor=None)
