import ipaddress
from typing import Any

import pytest
from django.test import RequestFactory

from nocturne.client import client_address, client_ip, counted_as, is_kept_out, is_let_in

PROXY = "10.0.0.1"


def ip(forwarded: str | None, remote: str = PROXY) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_ip(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", PROXY),
        (0, None, PROXY),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9,,, 198.51.100.7", "198.51.100.7"),
        (1, "127.0.0.1, 203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (1, ", " * 5_000 + "198.51.100.7", "198.51.100.7"),
        (1, None, PROXY),
        (1, "", PROXY),
        (1, "unknown", PROXY),
        (1, "1.2.3.4, <script>", PROXY),
        (1, "1.2.3.4, 1.2.3.4.5", PROXY),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"),
        (3, "203.0.113.9, 198.51.100.7, 10.0.0.3, 10.0.0.2", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7:49152", "198.51.100.7"),
        (1, "203.0.113.9, [2001:db8::1]:443", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "2001:DB8:0:0::1%eth0", "2001:db8::1"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_wrote(
    settings: Any, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert ip(forwarded) == expected


def test_a_socket_has_no_address() -> None:
    assert ip(None, remote="") == "127.0.0.1"


@pytest.mark.parametrize("header", ["Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP"])
def test_other_headers_say_nothing(settings: Any, header: str) -> None:
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", headers={header: "203.0.113.9"}, REMOTE_ADDR=PROXY)
    assert client_ip(request) == PROXY


def test_of_version_6_a_network_is_one_client() -> None:
    def counted(text: str) -> str:
        return counted_as(ipaddress.ip_address(text))

    assert counted("2001:db8::1") == counted("2001:db8::ffff:ffff:ffff:ffff") == "2001:db8::/64"
    assert counted("2001:db8:0:1::1") != counted("2001:db8::1")
    assert counted("192.0.2.1") != counted("192.0.2.2")


def test_the_lists_know_networks_of_both_versions(settings: Any) -> None:
    settings.IP_WHITELIST = [ipaddress.ip_network("192.0.2.7")]
    settings.IP_BLACKLIST = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "2001:db8::/32")]
    asked = [ipaddress.ip_address(text) for text in ("192.0.2.7", "192.0.2.8", "192.0.3.1", "2001:db8:1::1", "::1")]
    assert [is_let_in(address) for address in asked] == [True, False, False, False, False]
    assert [is_kept_out(address) for address in asked] == [True, True, False, True, False]


def test_an_address_of_version_4_cannot_pass_for_one_of_version_6(settings: Any) -> None:
    settings.IP_BLACKLIST = [ipaddress.ip_network("192.0.2.0/24")]
    assert is_kept_out(client_address(RequestFactory().get("/", REMOTE_ADDR="::ffff:192.0.2.8")))
