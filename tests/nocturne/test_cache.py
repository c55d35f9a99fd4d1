"""Generations: the tokens by which pages know that they are stale."""

from django.core.cache import cache

from nocturne.cache import LIFETIME, SITE, bump, generation


def test_a_generation_stays_until_it_is_bumped_and_bumps_the_site_with_it():
    before = generation(7), generation(8), generation(SITE)
    assert (generation(7), generation(8), generation(SITE)) == before
    bump(7)
    assert generation(7) != before[0]
    assert generation(8) == before[1]
    assert generation(SITE) != before[2]


def test_no_generation_outlives_a_quarter_of_an_hour():
    bump(9)
    generation(10)
    assert all(0 < cache.ttl(f"generation:{n}") <= LIFETIME == 900 for n in (9, 10, SITE))


def test_without_the_cache_there_is_no_generation(monkeypatch):
    monkeypatch.setattr(cache, "get", lambda key: None)
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)
    assert generation(11) == ""
