"""No test talks to the world: what leaves this machine is refused, and fails the test that tried."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

_attempts: list[str] = []
_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _local(host: Any) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def _numeric(host: Any) -> bool:
    """Whether nobody is asked for the address, however it is spelled: 0x7f.1 is 127.0.0.1."""
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return bool(socket.inet_aton(host))
    except (OSError, TypeError):
        return False


def _check(connection: socket.socket, address: Any) -> None:
    if connection.family in (socket.AF_INET, socket.AF_INET6) and not _local(address[0]):
        _attempts.append(f"connect to {address[0]}:{address[1]}")
        raise ConnectionRefusedError(f"a test tried to connect to {address[0]}")


def connect(self: socket.socket, address: Any) -> None:
    _check(self, address)
    _connect(self, address)


def connect_ex(self: socket.socket, address: Any) -> int:
    _check(self, address)
    return _connect_ex(self, address)


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    if not _local(host) and not _numeric(host):
        _attempts.append(f"look up {host}")
        raise socket.gaierror(socket.EAI_NONAME, f"a test tried to look up {host}")
    return _getaddrinfo(host, *args, **kwargs)


def pytest_configure() -> None:
    socket.socket.connect = connect  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = getaddrinfo


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Code under test may swallow the refusal; the test fails all the same."""
    _attempts.clear()
    yield
    assert not _attempts, f"The test tried to {', '.join(_attempts)}"
