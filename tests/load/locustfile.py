"""Visitors as they are expected: most read what others read, some look for something, calendars ask again and again.

Each has an address of its own, which the proxy's header says. tests/load/__main__.py makes the world and starts this;
against another site it needs LOAD_WORLD, a file with {"cities": [[slug, code, [[id, path]]]], "sessions": []}.
"""

import json
import os
import random
from pathlib import Path
from typing import Any

from locust import FastHttpUser, between, task

WORLD: dict[str, Any] = json.loads(Path(os.environ["LOAD_WORLD"]).read_text())
WORDS = "lantern comet harbour velvet paper tiger silver meadow cedar copper thunder marble".split()
FILTERS = ("category=music", "category=film", "price=0", "category=stage", "when=weekend")


class _Visitor(FastHttpUser):
    abstract = True
    connection_timeout = network_timeout = 30.0

    def on_start(self) -> None:
        self._headers = {
            "X-Forwarded-For": f"10.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{random.randrange(1, 255)}",
            "X-Forwarded-Proto": "https",
            "Host": "bench.example",
        }
        # most go where most live
        self._slug, self._code, self._events = random.choices(WORLD["cities"], _weights())[0]

    def _get(self, path: str, name: str, **more: str) -> Any:
        return self.client.get(path, name=name, headers={**self._headers, **more})

    def _put(self, method: str, path: str, body: object, name: str, **more: str) -> Any:
        return self.client.request(method, path, json=body, name=name, headers={**self._headers, **more})


def _weights() -> list[float]:
    return [1 / (rank + 1) for rank in range(len(WORLD["cities"]))]


class Reader(_Visitor):
    """Who looks what is on: of 100 requests some 80 are for what others have asked for, too."""

    weight = 88
    wait_time = between(2, 6)

    @task(40)
    def list_of_a_city(self) -> None:
        self._get(f"/{self._slug}/", "a city")

    @task(26)
    def an_event(self) -> None:
        self._get(random.choice(self._events)[1], "an event")

    @task(6)
    def home(self) -> None:
        self._get("/", "home")

    @task(12)
    def filtered(self) -> None:
        self._get(f"/{self._slug}/?{random.choice(FILTERS)}", "a city, filtered")

    @task(4)
    def search(self) -> None:
        self._get(f"/{self._slug}/?q={random.choice(WORDS)}", "a search")

    @task(3)
    def subscribe_page(self) -> None:
        self._get(f"/subscribe/?city={self._slug}", "form to subscribe")


class Calendar(_Visitor):
    """A program that has subscribed, and says what it has."""

    weight = 6
    wait_time = between(5, 15)

    def on_start(self) -> None:
        super().on_start()
        self._tags: dict[str, str] = {}

    @task
    def poll(self) -> None:
        path = f"/{self._slug}/{random.choice(('calendar.ics', 'feed.atom'))}"
        tag = self._tags.get(path)
        response = self._get(path, "calendar or feed", **({"If-None-Match": tag} if tag else {}))
        self._tags[path] = response.headers.get("ETag", "")


class Integrator(_Visitor):
    weight = 4
    wait_time = between(3, 8)

    @task(4)
    def events(self) -> None:
        self._get(f"/api/events/{self._slug}?limit=50", "API: events")

    @task(1)
    def cities(self) -> None:
        self._get("/api/locations/major-cities", "API: cities")


class Guest(_Visitor):
    """Who says that they come, or signs up."""

    weight = 2
    wait_time = between(8, 20)

    @task(5)
    def answer(self) -> None:
        path = f"/api/events/{self._code}/{random.choice(self._events)[0]}/rsvp"
        cookie = f"sessionid={random.choice(WORLD['sessions'])}"
        self._put("PUT", path, {"answer": random.choice(("going", "interested"))}, "write: an answer", Cookie=cookie)

    @task(2)
    def sign_up(self) -> None:
        body = {"email": f"load-{random.randrange(10**12)}@example.org", "city_id": self._code}
        self._put("POST", "/api/subscribe", body, "write: a sign-up")
