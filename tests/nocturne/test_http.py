"""The guarded client against a real server that answers as bad servers do."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore2
import pytest

from nocturne import http

ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/plain": (200, {"Content-Type": "text/calendar", "ETag": '"1"'}, b"BEGIN:VCALENDAR"),
    "/gzip": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"hello " * 1000)),
    "/members": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"one ") + gzip.compress(b"two")),
    "/deflate": (200, {"Content-Encoding": "deflate"}, zlib.compress(b"zlib")),
    "/bare-deflate": (200, {"Content-Encoding": "deflate"}, zlib.compress(b"bare", wbits=-15)),
    "/empty-gzip": (200, {"Content-Encoding": "gzip"}, b""),
    "/trailing": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"one") + b"\0" * 500),
    "/cut-gzip": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"hello " * 1000)[:-12]),
    "/twice": (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(b"hello"))),
    "/zstd": (200, {"Content-Encoding": "zstd"}, b"\x28\xb5\x2f\xfd\x00"),
    "/broken-deflate": (200, {"Content-Encoding": "deflate"}, b"\xff\xff no stream"),
    "/deflate-bomb": (200, {"Content-Encoding": "deflate"}, zlib.compress(bytes(60_000_000))),
    "/tail-bomb": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x") + bytes(3_000_000)),
    "/members-bomb": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"") * 150_000),
    "/script": (302, {"Location": "javascript:alert(1)"}, b""),
    "/nowhere": (302, {"Location": "http://[::1"}, b""),
    "/mapped": (302, {"Location": "http://[::ffff:127.0.0.1]/"}, b""),
    "/port": (302, {"Location": "http://example.org:22/"}, b""),
    "/odd-wait": (429, {"Retry-After": "\u00b2".encode().decode("latin-1")}, b""),
    "/long-wait": (429, {"Retry-After": "9" * 5_000}, b""),
    "/broken-gzip": (200, {"Content-Encoding": "gzip"}, b"this is no gzip"),
    "/brotli": (200, {"Content-Encoding": "br"}, b"\x0b\x02\x80hello\x03"),
    "/bomb": (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(60_000_000))),
    "/large": (200, {}, bytes(2_000_000)),
    "/loop": (302, {"Location": "/loop"}, b""),
    "/inside": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
    "/file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/moved": (301, {"Location": "/plain"}, b""),
    "/gone": (404, {}, b""),
    "/busy": (429, {"Retry-After": "120"}, b""),
    "/busy-until": (503, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}, b""),
}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
            return
        if self.path == "/drip-headers":
            for character in b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 100:
                self.wfile.write(bytes([character]))
                self.wfile.flush()
                time.sleep(0.1)
            return
        if self.headers.get("If-None-Match") == '"1"':
            self.send_response(304)
            self.end_headers()
            return
        status, headers, body = ANSWERS[self.path]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up on bombs and drips: that is what is tested."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def get(address, settings):
    settings.FETCH_ALLOW = [address]
    return lambda path, **options: http.fetch(f"http://{address}{path}", **options)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/plain", b"BEGIN:VCALENDAR"),
        ("/gzip", b"hello " * 1000),
        ("/members", b"one two"),
        ("/empty-gzip", b""),
        ("/trailing", b"one"),
        ("/tail-bomb", b"x"),
        ("/deflate", b"zlib"),
        ("/bare-deflate", b"bare"),
        ("/moved", b"BEGIN:VCALENDAR"),
    ],
)
def test_reads_what_servers_send(get, path, body):
    assert get(path).body == body


def test_names_the_address_that_answered_after_a_redirect(get, address):
    assert get("/moved").url == f"http://{address}/plain"


def test_a_validator_that_still_holds_gives_304_without_a_body(get):
    response = get("/plain", etag=get("/plain").headers["etag"])
    assert (response.status, response.body) == (304, b"")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/gone", "http.404"),
        ("/busy", "http.429"),
        ("/loop", "redirects"),
        ("/inside", "refused"),
        ("/broken-gzip", "encoding"),
        ("/broken-deflate", "encoding"),
        ("/cut-gzip", "incomplete"),
        ("/brotli", "encoding"),
        ("/zstd", "encoding"),
        ("/twice", "encoding"),
        ("/script", "connect"),
        ("/mapped", "refused"),
        ("/port", "refused"),
        ("/file", "refused"),
        ("/nowhere", "connect"),
    ],
)
def test_says_what_kind_of_failure_it_was(get, path, kind):
    with pytest.raises(http.FetchError) as error:
        get(path)
    assert error.value.kind == kind
    assert str(error.value).endswith(".") or "FETCH_ALLOW=" in str(error.value)


@pytest.mark.parametrize("path", ["/bomb", "/deflate-bomb", "/members-bomb"])
def test_a_bomb_is_stopped_while_it_inflates(get, settings, path):
    settings.FETCH_MAX_BYTES = 1_000_000
    with pytest.raises(http.FetchError) as error:
        get(path)
    assert error.value.kind == "too_large"


def test_pieces_of_a_bomb_stay_small():
    pieces = http._inflate(iter([ANSWERS["/bomb"][2]]), "gzip")
    assert max(len(next(pieces)) for _ in range(50)) <= 65_536


def test_a_body_over_the_limit_is_refused(get, settings):
    settings.FETCH_MAX_BYTES = 1_000_000
    with pytest.raises(http.FetchError, match="larger than 1,000,000 bytes"):
        get("/large")


@pytest.mark.parametrize("path", ["/drip", "/drip-headers"])
def test_what_drips_ends_by_the_deadline(get, settings, path):
    settings.FETCH_SECONDS = 0.6
    with pytest.raises(http.FetchError) as error:
        get(path)
    assert error.value.kind == "timeout"


def test_retry_after_is_read_as_seconds_or_as_a_date(get):
    with pytest.raises(http.FetchError) as error:
        get("/busy")
    assert error.value.retry_after == 120
    with pytest.raises(http.FetchError) as error:
        get("/busy-until")
    assert error.value.retry_after == 7 * 86_400  # a server cannot put a source to sleep for good
    for path in ("/odd-wait", "/long-wait"):
        with pytest.raises(http.FetchError) as error:
            get(path)
        assert (error.value.kind, error.value.retry_after) == ("http.429", None)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fe80::1]/",
        "http://[::]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[2002:a9fe:a9fe::1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[100::1]/",
        "http://[2001:db8::1]/",
        "http://172.16.0.1/",
        "http://192.0.0.192/",
        "http://198.18.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://[::1",
        "http://224.0.0.1/",
        "http://8.8.8.8:22/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://",
        "//example.org/",
        "http://exa mple/\x00",
    ],
)
def test_refuses_what_is_not_the_public_web(url, settings):
    settings.FETCH_ALLOW = []
    with pytest.raises(http.FetchError):
        http.fetch(url)


def test_a_refusal_names_the_setting_and_the_address_to_put_there(settings):
    settings.FETCH_ALLOW = []
    with pytest.raises(http.FetchError, match=r"FETCH_ALLOW=127\.0\.0\.1:9000"):
        http.fetch("http://127.0.0.1:9000/")


def test_allowing_one_port_allows_no_other(settings, address):
    settings.FETCH_ALLOW = ["127.0.0.1:1"]
    with pytest.raises(http.FetchError) as error:
        http.fetch(f"http://{address}/plain")
    assert error.value.kind == "refused"


def test_a_name_with_one_private_address_among_public_ones_is_refused(settings, monkeypatch):
    settings.FETCH_ALLOW = []
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)
    with pytest.raises(http.FetchError) as error:
        http.fetch("http://rebinding.example/")
    assert error.value.kind == "refused"


def test_connects_to_the_address_that_was_judged_and_not_to_the_name_again(settings, monkeypatch):
    """A name that resolves to something else the second time is no way round."""
    settings.FETCH_ALLOW = []
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *a, **k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))],
    )
    connected = []

    def connect(self: object, host: str, *args: object) -> None:
        connected.append(host)
        raise httpcore2.ConnectError("no network in tests")

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    with pytest.raises(http.FetchError):
        http.fetch("http://rebinding.example/")
    assert connected == ["93.184.216.34"]


def test_the_guard_is_in_force_in_the_client():
    """The backend is set on a private attribute: an upgrade of the library must not lose it."""
    with http._client() as client:
        assert isinstance(client._transport._pool._network_backend, http.GuardedBackend)


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "2002:101:101::1", "64:ff9b::101:101"],
)
def test_public_addresses_are_public_in_every_wrapping(address):
    assert http.is_public(address)


def test_a_name_that_is_never_found_costs_no_longer_than_the_deadline(settings, monkeypatch):
    settings.FETCH_SECONDS = 0.3
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: release.wait(20) and [])
    with pytest.raises(http.FetchError) as error:
        http.fetch("http://slow-name.example/")
    release.set()
    assert error.value.kind == "timeout"


def test_a_name_that_becomes_private_between_two_redirects_is_refused(get, address, settings, monkeypatch):
    """Each hop is looked up and judged again, also that to the same name."""
    answers = iter(["93.184.216.34", "169.254.169.254"])
    asked = []

    def look_up(host: str, port: int, *args: object, **kwargs: object) -> list:
        if host == here:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (here, port))]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    here, port = address.split(":")
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    connect = httpcore2.SyncBackend.connect_tcp

    def connected(self: object, host: str, *args: object, **kwargs: object) -> object:
        assert host == "93.184.216.34"
        return connect(self, here, int(port), *args[1:], **kwargs)

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connected)
    monkeypatch.setitem(ANSWERS, "/away", (302, {"Location": "http://rebinding.example:8080/"}, b""))
    with pytest.raises(http.FetchError) as error:
        http.fetch("http://rebinding.example/away")
    assert (error.value.kind, asked) == ("refused", ["rebinding.example", "rebinding.example"])
