"""The admin of what scraping adds: sources, runs, schedules."""

from . import optouts, runs, source, submissions

__all__ = ["optouts", "runs", "source", "submissions"]
