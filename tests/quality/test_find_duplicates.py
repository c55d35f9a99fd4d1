import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from quality.models import Verdict
from tests.factories import make_event, make_listing, make_venue


def line(key: str, source: str, title: str, starts_at: str = "2026-12-04T20:00", **more: str) -> dict[str, str]:
    return {"id": key, "city": "berlin", "source": source, "title": title, "starts_at": starts_at, **more}


def find(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    call_command("find_duplicates", *arguments)
    return [json.loads(row) for row in capsys.readouterr().out.splitlines()]


class TestFile:
    """Needs no database: none is asked for here."""

    def test_groups_have_ids_a_score_and_reasons(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "events.jsonl"
        rows = [
            line("a", "one", "Mdou Moctar", venue="Klub Null"),
            line("b", "two", "Mdou Moctar – live", "2026-12-04T19:00", venue="Klub Null", address="Am Bahnhof 1"),
            line("c", "three", "MDOU MOCTAR", "2026-12-04", venue="Klub Null Berlin"),
            line("d", "two", "Mdou Moctar", "2026-12-05T20:00", venue="Klub Null"),
            line("e", "two", "Tinariwen", venue="Klub Null"),
        ]
        file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
        [group] = find(capsys, "--input", str(file))
        assert group["ids"] == ["a", "b", "c"]
        assert 78 <= group["score"] <= 100
        assert any("alike" in reason for reason in group["reasons"])

    def test_one_bad_line_costs_itself(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "events.jsonl"
        good = [line("a", "one", "Mdou Moctar", venue="Klub Null"), line("b", "two", "Mdou Moctar", venue="Klub Null")]
        bad = ["{", "[]", json.dumps(line("c", "x", "No date", "soon")), json.dumps({"id": "d"})]
        file.write_text("\n".join([*bad, *map(json.dumps, good)]))
        call_command("find_duplicates", "--input", str(file))
        told = capsys.readouterr()
        assert json.loads(told.out)["ids"] == ["a", "b"]
        assert [row.split(":")[0] for row in told.err.splitlines()] == [f"line {n} left out" for n in (1, 2, 3, 4)]
        assert [row.split(": ", 1)[1] for row in told.err.splitlines()[1::2]] == [
            "it is no JSON object",
            "it has no title and no starts_at",
        ]

    def test_two_lines_of_one_id_and_odd_values_are_taken_and_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "events.jsonl"
        odd = line("b", "two", "Mdou Moctar", venue="Klub Null") | {"address": 7, "description": ["a"], "url": 1}
        rows = [line("a", "one", "Mdou Moctar", venue="Klub Null"), odd]
        file.write_text("\n".join(map(json.dumps, [*rows, line("a", "three", "Mdou Moctar", venue="Klub Null")])))
        call_command("find_duplicates", "--input", str(file))
        told = capsys.readouterr()
        assert json.loads(told.out)["ids"] == ["a", "b", "a"]
        assert "line 3 has the id of line 1, a" in told.err

    def test_a_file_may_be_read_for_one_city(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "events.jsonl"
        rows = [
            line(f"{city}-{source}", source, "Mdou Moctar", venue="Klub Null", city=city)
            for city in ("berlin", "paris")
            for source in ("one", "two")
        ]
        file.write_text("\n".join(map(json.dumps, rows)))
        assert len(find(capsys, "--input", str(file))) == 2
        [group] = find(capsys, "--input", str(file), "--city", "paris")
        assert group["ids"] == ["paris-one", "paris-two"]

    def test_a_file_that_is_not_there_gets_a_sentence(self) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("find_duplicates", "--input", "nowhere.jsonl")


@pytest.mark.django_db
class TestDatabase:
    def test_events_that_look_like_one_are_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        venue = make_venue("Klub Null")
        listings = [
            make_listing(make_event(title, local="2099-12-04T20:00", venue=venue)) for title in ("Mdou Moctar",) * 2
        ]
        make_listing(make_event("Tinariwen", local="2099-12-04T20:00", venue=venue))
        [group] = find(capsys)
        assert group["ids"] == [listing.pk for listing in listings]
        assert find(capsys, "--city", "de--berlin") == [group]

    def test_what_is_one_event_already_is_not(self, capsys: pytest.CaptureFixture[str]) -> None:
        event = make_event("Mdou Moctar", local="2099-12-04T20:00", venue=make_venue("Klub Null"))
        make_listing(event)
        make_listing(event)
        call_command("find_duplicates")
        assert capsys.readouterr() == ("", "No duplicates found that are not one event already.\n")

    def test_what_an_editor_keeps_apart_is_not(self, capsys: pytest.CaptureFixture[str]) -> None:
        venue = make_venue("Klub Null")
        one, other = (make_listing(make_event("Mdou Moctar", local="2099-12-04T20:00", venue=venue)) for _ in range(2))
        verdict = Verdict.objects.create(first=one, second=other, outcome="different", by_editor=True)
        assert find(capsys) == []
        Verdict.objects.filter(pk=verdict.pk).update(by_editor=False)
        assert [group["ids"] for group in find(capsys)] == [[one.pk, other.pk]]

    def test_an_unknown_city_gets_a_sentence(self) -> None:
        with pytest.raises(CommandError, match="No city has the code 'de--nowhere'"):
            call_command("find_duplicates", "--city", "de--nowhere")
