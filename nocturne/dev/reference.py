"""docs/configuration.md and .env.example, made of nocturne/variables.toml, docs/schema.md of models: make reference."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import django

from nocturne.dev import schema
from nocturne.variables import SECTIONS, Variable

ROOT = Path(__file__).resolve().parents[2]
# What is different on every site, or secret, is shown as a comment in the example.
SERVERS = ("SMTP_", "MAIL_", "MEDIA_", "OTEL_")

ABOUT = """\
# Configuration

What Nocturne reads from the environment, and nothing else; `.env` beside `manage.py` is read into it, and what the environment sets goes
first. "Required" is what production must set. A value that cannot be is refused at the start, with a sentence that names it.

- A variable that is set to nothing counts as not set, unless its line says what nothing means.
- Those marked *secret* may be in a file instead, as Docker and systemd hand them out: `SECRET_KEY_FILE=/run/secrets/key`.
- `.env.example` has them all; this page and that file are made of `nocturne/variables.toml` by `make reference`.
"""
BEGINNING = """\
# Everything that Nocturne can be told, with what it does without: copy to .env and change what is to be different.
# `make run` needs none of it. docs/configuration.md says the same with links.
"""


def documentation() -> str:
    return "\n".join([ABOUT, *(_table(title, variables) for title, variables in SECTIONS.items())])


def example() -> str:
    return "\n".join([BEGINNING, *(_lines(title, variables) for title, variables in SECTIONS.items())])


FILES: dict[str, Callable[[], str]] = {
    "docs/configuration.md": documentation,
    ".env.example": example,
    "docs/schema.md": schema.documentation,  # needs Django set up
}


def _table(title: str, variables: tuple[Variable, ...]) -> str:
    rows = [f"| `{one.name}` | {_default(one)} | {one.help}{' *secret*' if one.secret else ''} |" for one in variables]
    return "\n".join([f"## {title}", "", "| name | default | meaning |", "|---|---|---|", *rows, ""])


def _default(variable: Variable) -> str:
    text = "required" if variable.required else _written(variable)
    return text if text in ("", "required") else f"`{text}`"


def _lines(title: str, variables: tuple[Variable, ...]) -> str:
    lines = [f"# --- {title} ".ljust(100, "-"), ""]
    for variable in variables:
        lines += [f"# {_plain(variable.help)}", _line(variable), ""]
    return "\n".join(lines)


def _line(variable: Variable) -> str:
    written = _written(variable)
    own = variable.required or variable.secret or not written or variable.name.startswith(SERVERS)
    return f"{'# ' if own or variable.name == 'ENVIRONMENT' else ''}{variable.name}={written or variable.example}"


def _written(variable: Variable) -> str:
    """The default as it stands in an environment."""
    if variable.default in (None, "", []) or variable.kind in ("list", "json"):
        return ""
    return f"{variable.default:g}" if variable.kind == "number" else str(variable.default)


def _plain(markdown: str) -> str:
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", markdown).replace("`", "")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nocturne.settings")
    django.setup()
    for name, make in FILES.items():
        (ROOT / name).write_text(make())
