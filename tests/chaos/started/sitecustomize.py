"""Run by Python as it starts in the processes of the site; see tests/chaos/clock.py."""

from tests.chaos.clock import follow

follow()
