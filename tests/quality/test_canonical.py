import pytest
from hypothesis import given, settings, strategies as st

from quality.canonical import canonical, names_one_thing, site


@pytest.mark.parametrize(
    "url",
    [
        "https://venue.example/events/jazz",
        "http://venue.example/events/jazz",
        "https://www.venue.example/events/jazz/",
        "HTTPS://Venue.Example:443/events/jazz",
        "http://venue.example:80/events//jazz",
        "https://venue.example./events/jazz#tickets",
        "https://m.venue.example/events/jazz?utm_source=mail&utm_campaign=x&fbclid=1&gclid=2",
        "  https://venue.example/events/jazz/index.html?ref=home ",
        "https://venue.example/events/%6Aazz;jsessionid=123",
    ],
)
def test_spellings_of_one_address_are_one(url):
    assert canonical(url) == "https://venue.example/events/jazz"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://venue.example/events/jazz", "https://venue.example/events/Jazz"),
        ("https://venue.example/?event=1", "https://venue.example/?event=2"),
        ("https://venue.example/events", "https://venue.example:8443/events"),
        ("https://venue.example/#!/events/1", "https://venue.example/#!/events/2"),
        ("https://venue.example/day?from=2026-12-05", "https://venue.example/day?from=2026-12-06"),
        ("https://a.venue.example/", "https://b.venue.example/"),
    ],
)
def test_other_pages_stay_others(one, other):
    assert canonical(one) != canonical(other)


def test_the_order_of_parameters_makes_no_difference():
    assert canonical("https://venue.example/e?b=2&a=1") == canonical("https://venue.example/e/?a=1&b=2&utm_medium=x")


def test_hosts_of_other_scripts_have_one_spelling():
    assert canonical("https://münchen.example/") == canonical("https://xn--mnchen-3ya.example")


@pytest.mark.parametrize(
    "url", ["", "venue", "mailto:a@b.example", "javascript:alert(1)", "https://", "http://[::1", "//x.example"]
)
def test_what_is_no_web_address_has_no_spelling(url):
    assert canonical(url) == ""


@given(st.text(max_size=100).map(lambda text: f"https://venue.example/{text}") | st.text(max_size=50))
@settings(max_examples=200, deadline=None)
def test_a_canonical_address_stays_as_it_is(url):
    assert canonical(canonical(url)) == canonical(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://klub-null.example/events/mdou-moctar", True),
        ("https://klub-null.example/e?id=12", True),
        ("https://klub-null.example/", False),
        ("https://klub-null.example/events", False),
        ("", False),
    ],
)
def test_a_homepage_names_no_event(url, expected):
    assert names_one_thing(url) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://klub-null.example/events/1", "klub-null.example"),
        ("https://klub-null.example:8443/events/1", "klub-null.example:8443"),
        ("https://xn--mnchen-3ya.example/events/1", "xn--mnchen-3ya.example"),
        ("http://127.0.0.1:8000/demo/klub/1", ""),
        ("http://[2001:db8::1]/events/1", ""),
        ("http://localhost:8000/demo/klub/1", ""),
        ("", ""),
    ],
)
def test_an_ip_address_and_localhost_are_no_site(url, expected):
    assert site(url) == expected
