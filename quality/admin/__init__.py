"""The admin of what is right and what is the same: findings, verdicts, and the actions on events and listings."""

from . import audits, duplicates, findings, verdicts

__all__ = ["audits", "duplicates", "findings", "verdicts"]
