"""The one outbound HTTP client: public addresses only, bounded in bytes, time and redirects.

A name is resolved and judged where the connection is made, and the address that was judged is the address that is
connected to, at every redirect too: DNS rebinding is no way round. TLS still checks the name.
"""

import contextvars
import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
from django.conf import settings

PORTS = (80, 443, 8080, 8443)
MAX_REDIRECTS = 5
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All of IPv6 that is given out; what lies outside wraps something else, or is of use on a link only.
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
# Where clouds tell their machines' secrets under an address that is a public one otherwise.
_METADATA = frozenset((ipaddress.ip_address("168.63.129.16"),))
_GZIP = b"\x1f\x8b"
_PIECE = 65_536
_deadline: contextvars.ContextVar[float] = contextvars.ContextVar("deadline")


class FetchError(Exception):
    """Why nothing was read: `kind` for machines ("http.404", "refused", "timeout"), the message for people.

    `retry_after` is the seconds that the server asked to wait, if it did.
    """

    def __init__(self, kind: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


class Refused(httpx2.ConnectError):
    """An address that must not be reached, and why."""

    def __init__(self, reason: str, address: str) -> None:
        super().__init__(
            f"Refused: {reason}. Nocturne reads what is public, at the usual ports. Who runs the site can let it read "
            f"a server of their own by the setting FETCH_ALLOW={address}."
        )


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered: 200 with the decoded body, or 304 with none. Header names are in lower case."""

    status: int
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where IPv6 wraps an IPv4 address."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if ip not in _GLOBAL_IPV6:
            return False
    return ip.is_global and not ip.is_multicast and ip not in _METADATA


def _time_left(timeout: float | None = None) -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the time for the whole request is over")
    return left if timeout is None else min(left, timeout)


class _BoundedStream(httpcore2.NetworkStream):
    """Each read and write, of header lines too, ends by the deadline of its request."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _time_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _time_left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _BoundedStream(self._inner.start_tls(ssl_context, server_hostname, _time_left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@cache
def _resolver() -> ThreadPoolExecutor:
    # getaddrinfo knows no time-out: a thread of it may hang on, the request does not
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


def _addresses(host: str, port: int) -> list[str]:
    try:
        future = _resolver().submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = {str(answer[4][0]) for answer in future.result(_time_left(10))}
    except FutureTimeout as error:
        raise httpcore2.ConnectTimeout(f"{host} could not be looked up in time") from error
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"{host} is not known") from error
    return sorted(found, key=lambda address: ":" in address)  # hosts without an IPv6 route are common


class GuardedBackend(httpcore2.SyncBackend):
    """Connects to public addresses, and to what FETCH_ALLOW names."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        allowed = name in settings.FETCH_ALLOW or f"{host}:{port}" in settings.FETCH_ALLOW
        if not allowed and port not in PORTS:
            raise Refused(f"port {port} is not one of {', '.join(map(str, PORTS))}", name)
        addresses = _addresses(host, port)
        if not allowed and not all(map(is_public, addresses)):
            raise Refused(f"{host} is not a public address", name)
        error: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, _time_left(timeout), local_address, socket_options)
                return _BoundedStream(stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as e:
                error = e
        raise error

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:
        raise Refused("it is a socket of this machine", "none")


@cache
def _tls() -> ssl.SSLContext:
    # loading the certificates takes 60 ms, too long for each request
    return httpx2.create_ssl_context(trust_env=False)


class GuardedTransport(httpx2.HTTPTransport):
    def __init__(self) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        # The library has no public way to set it; a test pins that the guard is in force.
        self._pool._network_backend = GuardedBackend()


def _client(obey: Callable[[str], None] | None = None) -> httpx2.Client:
    return httpx2.Client(
        transport=GuardedTransport(),
        trust_env=False,  # a proxy variable would go round the guard
        follow_redirects=True,
        event_hooks={"request": [lambda request: obey(str(request.url))] if obey else []},
        max_redirects=MAX_REDIRECTS,
        timeout=httpx2.Timeout(15, connect=8),
        headers={
            "User-Agent": settings.FETCH_USER_AGENT,
            "Accept": "text/calendar, application/json;q=0.9, text/html;q=0.9, */*;q=0.5",
            "Accept-Encoding": "gzip, deflate",  # what _inflate stops while it inflates
        },
    )


def fetch(
    url: str,
    *,
    etag: str = "",
    last_modified: str = "",
    accept: str = "",
    obey: Callable[[str], None] | None = None,
) -> Response:
    """The answer to a GET: status 200, or 304 if a validator was given and still holds.

    Raises FetchError for everything else. `obey` is called with each address before it is asked, after redirects too,
    and raises FetchError for one that is not to be read. At most FETCH_SECONDS in all and FETCH_MAX_BYTES after
    decompression.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError("refused", f"{url[:200]} is not an http or https address.")
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified, "Accept": accept}
    token = _deadline.set(time.monotonic() + settings.FETCH_SECONDS)
    try:
        with (
            _client(obey) as client,
            client.stream("GET", url, headers={k: v for k, v in headers.items() if v}) as r,
        ):
            return _read(r)
    except Refused as error:
        raise FetchError("refused", str(error)) from error
    except httpx2.UnsupportedProtocol as error:
        raise FetchError("refused", f"{parts.hostname} redirects to what is not an http or https address.") from error
    except httpx2.TooManyRedirects as error:
        raise FetchError("redirects", f"{parts.hostname} redirects more than {MAX_REDIRECTS} times.") from error
    except (httpx2.TimeoutException, httpcore2.TimeoutException) as error:
        message = f"{parts.hostname} did not answer fully in {settings.FETCH_SECONDS:.0f} seconds."
        raise FetchError("timeout", message) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise FetchError("connect", f"{parts.hostname} could not be read: {_sentence(error)}") from error
    except (UnicodeError, ValueError) as error:
        raise FetchError("refused", f"{url[:200]} is no usable address: {_sentence(error)}") from error
    finally:
        _deadline.reset(token)


def _sentence(error: Exception) -> str:
    """What libraries say, ended: a sentence on what to do follows."""
    said = str(error)[:300].rstrip(" .") or type(error).__name__
    return f"{said}."


def _read(response: httpx2.Response) -> Response:
    url = str(response.url)
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status_code == 304:
        return Response(304, url, headers)
    if response.status_code != 200:
        raise FetchError(
            f"http.{response.status_code}",
            f"{response.url.host} answered {response.status_code} {response.reason_phrase[:80]}.".replace(" .", "."),
            retry_after=_seconds(headers.get("retry-after", "")),
        )
    encoding = headers.get("content-encoding", "").strip().lower()
    return Response(200, url, headers, b"".join(_limited(_inflate(_limited(response.iter_raw(), url), encoding), url)))


def _limited(chunks: Iterable[bytes], url: str) -> Iterator[bytes]:
    """The chunks; FetchError as soon as they are more than FETCH_MAX_BYTES together."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > settings.FETCH_MAX_BYTES:
            raise FetchError("too_large", f"{url[:200]} is larger than {settings.FETCH_MAX_BYTES:,} bytes.")
        yield chunk


def _inflate(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The decoded body in pieces of at most 64 KB, so that a bomb is stopped while it inflates."""
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError("encoding", f"The answer is encoded as {encoding[:40]}, which was not asked for.")
    # 47 reads zlib and gzip by their header; servers that say deflate mean either zlib or the bare stream
    inflater = zlib.decompressobj(47)
    started = False
    try:
        for chunk in chunks:
            while chunk:
                if inflater.eof:
                    if not chunk.startswith(_GZIP):
                        return  # what stands behind the end is nothing
                    inflater = zlib.decompressobj(47)  # a gzip file of several members
                try:
                    piece = inflater.decompress(chunk, _PIECE)
                except zlib.error:
                    if started or encoding != "deflate":
                        raise
                    inflater = zlib.decompressobj(-15)
                    piece = inflater.decompress(chunk, _PIECE)
                started = True
                yield piece
                chunk = inflater.unconsumed_tail or inflater.unused_data
        while piece := inflater.decompress(b"", _PIECE):
            yield piece
    except zlib.error as error:
        raise FetchError("encoding", f"The answer could not be decompressed: {error}.") from error
    if started and not inflater.eof:
        raise FetchError("incomplete", "The answer ended in the middle of its compressed data.")


def _seconds(retry_after: str) -> float | None:
    """Retry-After in seconds; it is a number or a date."""
    if re.fullmatch(r"[0-9]{1,12}", retry_after.strip()):
        return float(min(int(retry_after.strip()), 7 * 86_400))
    try:
        return min(max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0), 7 * 86_400)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
