"""Drafts as no extractor would write them, and some that it would."""

import datetime as dt

from hypothesis import strategies as st

from events.drafts import STATUSES, EventDraft, Price, Problem, When, Where

TEXT = st.text(max_size=60) | st.sampled_from(
    [
        "<b>x</b> &amp;amp;lt;i&amp;gt;",
        "&lt;&lt;b&gt;script&gt;",
        "CANCELLED: SOLD OUT: x",
        "javascript:x",
        "//x.example/ä",
        "\u202ex",
        "[Cancelled] View details",
        "a\r\n\r\n\r\nb",
        "&#60;p&#62;",
        "&lt",
        "&amp" * 9,
    ]
)
TIMES = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))
AMOUNT = st.none() | st.decimals(allow_nan=True, allow_infinity=True, places=2)
DRAFTS = st.builds(
    EventDraft,
    title=TEXT,
    when=st.none()
    | st.builds(
        When,
        start=TIMES,
        end=st.none() | TIMES,
        timezone=st.sampled_from([None, "UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu"]),
        all_day=st.booleans(),
        time_known=st.booleans(),
    ),
    external_id=TEXT,
    series_key=TEXT,
    instance=TEXT,
    part_of_key=TEXT,
    url=TEXT,
    image_url=TEXT,
    where=st.builds(
        Where,
        venue=TEXT,
        address=TEXT,
        locality=TEXT,
        region=TEXT,
        country=TEXT,
        online=st.booleans(),
        latitude=st.none() | st.floats(),
        longitude=st.none() | st.floats(),
    ),
    price=st.builds(Price, minimum=AMOUNT, maximum=AMOUNT, currency=TEXT, is_free=st.none() | st.booleans()),
    status=st.sampled_from([*STATUSES, "odd"]),
    description=TEXT,
    organizer=TEXT,
    performers=st.lists(TEXT, max_size=3).map(tuple),
    categories=st.lists(TEXT, max_size=3).map(tuple),
    language=TEXT,
    problems=st.lists(
        st.builds(Problem, code=st.sampled_from(["price.unreadable", "date.odd"]), message=TEXT), max_size=2
    ).map(tuple),
)
