"""The admin: what its pages share, and the pages of accounts, keys and the log."""

from . import accounts, alerts, changes, mail
from .pages import EditorAdmin, RecordAdmin, SearchFilter, count_of, link, link_outside, link_to_list, user_of

__all__ = [
    "EditorAdmin",
    "RecordAdmin",
    "SearchFilter",
    "accounts",
    "alerts",
    "changes",
    "count_of",
    "link",
    "link_outside",
    "link_to_list",
    "mail",
    "user_of",
]
