"""The admin of what is right and what is the same: the editors' desk, findings, verdicts, actions on other pages."""

from . import audits, duplicates, findings, venues, verdicts

__all__ = ["audits", "duplicates", "findings", "venues", "verdicts"]
