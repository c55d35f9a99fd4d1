"""What the reader does with what is meant to harm it: make hostile, or python -m tests.bench.hostile [WORD ...].

Each item runs against the real code, in a process of its own, over a real server where it is about fetching. Printed
are what happened, seconds of CPU, and how far the memory grew. Exit status 1 if an item was not stopped or not read as
it should be. With words only the items whose names have one of them.
"""

# ruff: noqa: E402

import contextlib
import datetime as dt
import gzip
import os
import resource
import signal
import socket
import sys
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ |= {"ENVIRONMENT": "development", "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "nocturne.settings"}

import django

django.setup()

import logging

from django.conf import settings

from nocturne import http
from tests.bench.fuzz import examine
from tests.scraping import hostile

MEGABYTES = 9.5
LONGEST, MOST_MEMORY = 60.0, 700.0
SECRETS = (
    "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://172.16.0.1/",
    "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/",
    "http://168.63.129.16/", "http://0.0.0.0/", "http://224.0.0.1/", "http://2130706433/", "http://0x7f.1/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:169.254.169.254]/", "http://[2002:7f00:1::]/",
    "http://[64:ff9b::a9fe:a9fe]/", "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[ff02::1]/",
    "http://[::127.0.0.1]/", "http://[fec0::1]/",
)  # fmt: skip
OTHER_SCHEMES = ("file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "javascript:alert(1)", "data:,x")

Item = Callable[[str], str]


class Answers(BaseHTTPRequestHandler):
    """The answers of a server that means harm."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        with contextlib.suppress(OSError):
            getattr(self, "_" + self.path.strip("/").replace("-", "_"))()

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _gzip_bomb(self) -> None:
        self._send(gzip.compress(bytes(400_000_000), 9), Content_Encoding="gzip")

    def _deflate_bomb(self) -> None:
        self._send(zlib.compress(bytes(400_000_000), 9), Content_Encoding="deflate")

    def _bomb_in_a_bomb(self) -> None:
        self._send(gzip.compress(gzip.compress(bytes(100_000_000))), Content_Encoding="gzip, gzip")

    def _members(self) -> None:
        self._send(gzip.compress(b"") * 1_000_000, Content_Encoding="gzip")

    def _behind_the_end(self) -> None:
        self._send(gzip.compress(b"BEGIN:VCALENDAR") + bytes(200_000_000), Content_Encoding="gzip")

    def _brotli(self) -> None:
        self._send(b"\x0b\x02\x80x\x03", Content_Encoding="br")

    def _zstd(self) -> None:
        self._send(b"\x28\xb5\x2f\xfd", Content_Encoding="zstd")

    def _without_end(self) -> None:
        self._send(b"")
        while True:
            self.wfile.write(b"x" * 100_000)

    def _drip(self) -> None:
        self._send(b"")
        while True:
            self.wfile.write(b"x")
            time.sleep(0.2)

    def _slow_headers(self) -> None:
        for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 10_000:
            self.wfile.write(bytes([letter]))
            time.sleep(0.2)

    def _headers_without_end(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-A: " + b"y" * 1_000 + b"\r\n")

    def _silence(self) -> None:
        time.sleep(120)

    def _loop(self) -> None:
        self._send(b"", 302, Location="/loop")

    def _inside(self) -> None:
        self._send(b"", 302, Location="http://169.254.169.254/latest/meta-data/")

    def _file(self) -> None:
        self._send(b"", 302, Location="file:///etc/passwd")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked has hung up: that is what is looked at."""


def fetched(address: str, path: str) -> str:
    try:
        response = http.fetch(f"http://{address}/{path}")
    except http.FetchError as error:
        return f"stopped: {error.kind}"
    return f"read {len(response.body):,} bytes"


def refused(urls: tuple[str, ...]) -> str:
    settings.FETCH_ALLOW = []
    kinds = []
    for url in urls:
        try:
            http.fetch(url)
        except http.FetchError as error:
            kinds.append(error.kind)
    return f"stopped: refused, {len(urls)} of {len(urls)}" if kinds == ["refused"] * len(urls) else f"{kinds}"


def rebound(address: str) -> str:
    """A name that was public when somebody looked, and is this machine when the connection is made."""
    answers = iter(["127.0.0.1"])
    found = socket.getaddrinfo

    def look_up(host: str, port: int, *args: object, **kwargs: object) -> list:
        if host != "rebinding.example":
            return found(host, port, *args, **kwargs)  # type: ignore[arg-type]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    socket.getaddrinfo = look_up  # type: ignore[assignment]
    settings.FETCH_ALLOW = []
    return fetched("rebinding.example:8080", "x")


def read(name: str) -> str:
    counts = examine(hostile.document(name, int(MEGABYTES * 1e6)), thoroughly=False)
    kind = next((what for what in counts if what != "drafts"), "")
    return f"read as {kind}: {counts['drafts']:,} events"


ITEMS: dict[str, tuple[Item, str]] = {
    "addresses: private, local, metadata": (lambda at: refused(SECRETS), "stopped: refused"),
    "addresses: other schemes": (lambda at: refused(OTHER_SCHEMES), "stopped: refused"),
    "addresses: other ports": (lambda at: refused(("http://1.1.1.1:22/", "http://1.1.1.1:6379/")), "stopped: refused"),
    "addresses: rebinding": (rebound, "stopped: refused"),
    "redirect to metadata": (lambda at: fetched(at, "inside"), "stopped: refused"),
    "redirect to a file": (lambda at: fetched(at, "file"), "stopped: refused"),
    "redirects without end": (lambda at: fetched(at, "loop"), "stopped: redirects"),
    "bomb: gzip, 400 MB": (lambda at: fetched(at, "gzip-bomb"), "stopped: too_large"),
    "bomb: deflate, 400 MB": (lambda at: fetched(at, "deflate-bomb"), "stopped: too_large"),
    "bomb: gzip in gzip": (lambda at: fetched(at, "bomb-in-a-bomb"), "stopped: encoding"),
    "bomb: a million empty members": (lambda at: fetched(at, "members"), "stopped: too_large"),
    "bomb: 200 MB behind the end": (lambda at: fetched(at, "behind-the-end"), "read 15 bytes"),
    "brotli, not asked for": (lambda at: fetched(at, "brotli"), "stopped: encoding"),
    "zstd, not asked for": (lambda at: fetched(at, "zstd"), "stopped: encoding"),
    "a body without end": (lambda at: fetched(at, "without-end"), "stopped: too_large"),
    "a body that drips": (lambda at: fetched(at, "drip"), "stopped: timeout"),
    "headers that drip": (lambda at: fetched(at, "slow-headers"), "stopped: timeout"),
    "headers without end": (lambda at: fetched(at, "headers-without-end"), "stopped: connect"),
    "silence": (lambda at: fetched(at, "silence"), "stopped: timeout"),
    **{name: (lambda at, name=name: read(name), "read as ") for name in hostile.DOCUMENTS},  # type: ignore[misc]
}


def run(name: str, address: str) -> tuple[str, float, float, float]:
    """What happened in a child, its seconds by the clock and of CPU, and the megabytes that it grew."""
    end, begin = os.pipe()
    child = os.fork()
    if not child:
        os.close(end)
        began = time.monotonic()
        signal.alarm(300)  # no handler: it ends the child
        before = resource.getrusage(resource.RUSAGE_SELF)
        try:
            said = ITEMS[name][0](address)
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"[:90]
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        grown = (after.ru_maxrss - before.ru_maxrss) / 1024
        os.write(begin, f"{said}\n{time.monotonic() - began}\n{cpu}\n{grown}".encode())
        os._exit(0)
    os.close(begin)
    with open(end, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if not said:
        return f"ended by signal {status & 127}", 0.0, 0.0, 0.0
    what, *numbers = said.rsplit("\n", 3)
    clock, cpu, grown = map(float, numbers)
    return what, clock, cpu, grown


def main() -> int:
    logging.disable()
    server = Server(("127.0.0.1", 0), Answers)
    address = f"127.0.0.1:{server.server_port}"
    answering = os.fork()
    if not answering:
        server.serve_forever()
    server.socket.close()
    settings.FETCH_ALLOW = [address]
    print(f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, documents of {MEGABYTES} MB, limits of settings.py")
    print(f"{'item':46}{'what happened':40}{'clock s':>8}{'CPU s':>8}{'MB':>7}")
    wrong = 0
    for name, (_, expected) in ITEMS.items():
        if len(sys.argv) > 1 and not any(word in name for word in sys.argv[1:]):
            continue
        what, clock, cpu, grown = run(name, address)
        fine = what.startswith(expected) and cpu <= LONGEST and grown <= MOST_MEMORY
        wrong += not fine
        print(f"{name:46}{what:40}{clock:8.1f}{cpu:8.2f}{grown:7.0f}{'' if fine else '  !!'}", flush=True)
    os.kill(answering, signal.SIGKILL)
    print(f"{wrong} not as they should be" if wrong else "all as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
