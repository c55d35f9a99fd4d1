import pytest

from nocturne.addresses import normalise_address


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        (" Ada.Lovelace+X@Example.ORG\n", "ada.lovelace+x@example.org"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ("ADA@XN--MNCHEN-3YA.example", "ada@xn--mnchen-3ya.example"),
    ],
)
def test_an_address_has_one_form(raw: str, address: str) -> None:
    assert normalise_address(raw) == address


@pytest.mark.parametrize(
    "raw",
    [
        *("", " ", "ada", "@", "ada@", "@example.org", "ada@localhost", "ada@example..org", "a b@example.org"),
        *("ada@example.org\nBcc: eve@example.org", "ada@example.org,eve@example.org", "Ada <ada@example.org>"),
        *(
            "ädä@example.org",
            "ada@[127.0.0.1]",
            '"a b"@example.org',
            "x" * 65 + "@" + "y" * 250 + ".org",
            "x" * 100_000,
        ),
        *("ada@example.org\0", "ada@exam\u202eple.org", "ada@-example.org"),
    ],
)
def test_what_is_none_is_refused_with_a_sentence(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^(That is not a complete e-mail address\. .+|Please write .+)\.?$"):
        normalise_address(raw)
