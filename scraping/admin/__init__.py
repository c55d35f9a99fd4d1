"""The admin of what scraping adds: sources, runs, schedules."""

from . import runs, source

__all__ = ["runs", "source"]
