"""Checks of health: each is bounded in time, and tells nobody what an error said."""

import threading

import pytest

from nocturne import health


@pytest.fixture(autouse=True)
def none_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_checks", {})


def test_a_check_is_one_registered_function() -> None:
    health.register("good")(lambda: "")
    health.register("bad")(lambda: "The moon is missing.")
    good, bad = health.run()
    assert (good.name, good.trouble) == ("good", "")
    assert (bad.name, bad.trouble) == ("bad", "The moon is missing.")
    assert good.ms >= 0


def test_what_an_error_says_is_not_told() -> None:
    @health.register("secret")
    def check() -> str:
        raise OSError("cannot reach db-7.internal as postgres:hunter2")

    (result,) = health.run()
    assert result.trouble == "It failed: OSError."


def test_a_check_that_hangs_is_not_waited_for_and_not_begun_a_second_time() -> None:
    goes_on, calls = threading.Event(), []

    @health.register("hangs")
    def check() -> str:
        calls.append(1)
        goes_on.wait(30)
        return ""

    health.register("good")(lambda: "")
    hangs, good = health.run(seconds=0.05)
    assert hangs.trouble == "It gave no answer within 0.05 seconds."
    assert good.trouble == ""
    health.run(seconds=0.05)
    assert len(calls) == 1
    goes_on.set()
    assert [one.trouble for one in health.run(seconds=10)] == ["", ""]


def test_only_those_that_are_named_are_run() -> None:
    health.register("one")(lambda: "")
    health.register("two")(lambda: "")
    assert [result.name for result in health.run("two")] == ["two"]
