"""Visitors, who read, sign up and say that they come, through a balancer that takes turns; and what they saw."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

TIMEOUT = 30.0
PAGES = ("/", "/{city}/", "/{city}/", "/{city}/", "{event}", "{event}", "/{city}/?q=konzert", "/{city}/calendar.ics")
PAGES += ("/{city}/feed.atom", "/api/events/{city}", "/{city}/?category=music", "/subscribe/")


@dataclass
class Seen:
    """What visitors saw in a phase: `failures` by kind, `retried` what the balancer gave to the other server."""

    name: str
    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    seconds: list[float] = field(default_factory=list)

    def worst(self) -> float:
        return max(self.seconds, default=0.0)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Balancer:
    """Gives requests to the servers in turn, and those that one did not take to the other, as Caddy does."""

    def __init__(self, ports: list[int]) -> None:
        self.ports, self._turn = ports, 0
        self.seen = Seen("before")
        self._lock = threading.Lock()

    def ask(
        self, method: str, path: str, *, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body; 0 if no server answered."""
        with self._lock:
            self._turn += 1
            ports = [self.ports[(self._turn + offset) % len(self.ports)] for offset in range(len(self.ports))]
            seen = self.seen
        began, status, answer, kind = time.monotonic(), 0, b"", ""
        for attempt, port in enumerate(ports):
            seen.retried += attempt
            try:
                status, answer = self._ask(port, method, path, body, headers or {})
                kind = str(status) if status >= 500 or status == 429 else ""
                break
            except OSError as error:
                kind = type(error).__name__
                # it may have been done: only what changes nothing is asked for again
                if method != "GET" and not isinstance(error, ConnectionRefusedError):
                    break
            except http.client.HTTPException as error:
                kind = type(error).__name__
                if method != "GET":
                    break
        with self._lock:
            seen.requests += 1
            seen.seconds.append(time.monotonic() - began)
            if kind:
                seen.failures[f"{method} {kind}"] += 1
        return status, answer

    @staticmethod
    def _ask(port: int, method: str, path: str, body: object, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        address = f"10.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        sent = {"Host": "chaos.example", "X-Forwarded-For": address, "X-Forwarded-Proto": "http", **headers}
        said = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, said, {**sent, **({"Content-Type": "application/json"} if said else {})})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


class Crowd:
    """Threads that ask, each so often a second, until they are told to stop; and what was promised to them."""

    def __init__(self, balancer: Balancer, *, city: tuple[str, str], events: list[tuple[int, str]]) -> None:
        self._balancer, self._city, self._events = balancer, city, events
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self.signed_up: dict[str, float] = {}  # addresses that were told that a mail is on its way, and when
        self.unsure: set[str] = set()  # addresses that got no answer, or an error
        # by session and event: the answers that may stand, the last one that was promised and those after it
        self.answers: dict[tuple[str, int], list[str]] = {}

    def begin(self, sessions: list[str], *, readers: int = 3, a_second: float = 5.0) -> None:
        for number in range(readers):
            self._every(1 / a_second, self._read, number)
        self._every(1.0, self._sign_up, 100)
        self._every(0.5, lambda chance: self._answer(chance, sessions), 200)

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _every(self, seconds: float, work: Callable[[random.Random], None], seed: int) -> None:
        def run() -> None:
            chance = random.Random(seed)
            while not self._stopped.wait(seconds):
                work(chance)

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read(self, chance: random.Random) -> None:
        path = chance.choice(PAGES).format(city=self._city[0], event=chance.choice(self._events)[1])
        self._balancer.ask("GET", path)

    def _sign_up(self, chance: random.Random) -> None:
        address = f"visitor-{len(self.signed_up) + len(self.unsure)}-{chance.randrange(10**9)}@example.org"
        body = {"email": address, "city_id": self._city[1]}
        status, _ = self._balancer.ask("POST", "/api/subscribe", body=body)
        if status == 202:
            self.signed_up[address] = time.monotonic()
        else:
            self.unsure.add(address)

    def _answer(self, chance: random.Random, sessions: list[str]) -> None:
        session, (event, _) = chance.choice(sessions), chance.choice(self._events)
        said = chance.choice(("going", "interested"))
        path = f"/api/events/{self._city[1]}/{event}/rsvp"
        status, _ = self._balancer.ask("PUT", path, body={"answer": said}, headers={"Cookie": f"sessionid={session}"})
        if status == 200:
            self.answers[session, event] = [said]
        else:
            self.answers.setdefault((session, event), ["nothing"]).append(said)
