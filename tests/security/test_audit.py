"""What `make audit` makes of the answers of pip-audit."""

import json

from nocturne.dev.audit import report_of

FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["1.3"], "aliases": [], "description": "x"}


def answer(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_known_vulnerability_fails_and_says_what_mends_it() -> None:
    report = report_of(
        answer({"name": "a", "version": "1.2", "vulns": [FAULT]}, {"name": "b", "version": "1", "vulns": []})
    )
    assert report.failed
    assert report.said == ["a 1.2: PYSEC-2026-1, mended in 1.3", "2 packages checked, 1 known vulnerabilities."]


def test_what_cannot_be_asked_is_said_and_fails_nothing() -> None:
    for nothing in ("", "Traceback (most recent call last):", "[]", "{}", "null"):
        report = report_of(nothing)
        assert not report.failed
        assert "could be asked" in report.said[0]
    report = report_of(answer({"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns": []}))
    assert not report.failed
    assert report.said[0].startswith("1 packages checked, 0 known")
    assert report.said[1].endswith(": a.")
