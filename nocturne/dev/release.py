"""The notes of a release, out of CHANGELOG.md: python -m nocturne.dev.release v1.2.3. It needs no package."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def notes(tag: str, *, pyproject: str, changelog: str) -> str:
    """What the changelog says of a tag; SystemExit with a sentence if it is not this version, or nothing is said."""
    version = tomllib.loads(pyproject)["project"]["version"]
    if tag != f"v{version}":
        raise SystemExit(f"The tag is {tag} and pyproject.toml says {version}: make them agree.")
    section = re.search(rf"^## \[?{re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if section is None or not section[1].strip():
        raise SystemExit(f'CHANGELOG.md says nothing of {version}: rename "Unreleased" to "{version}" with the date.')
    return section[1].strip() + "\n"


if __name__ == "__main__":
    pyproject, changelog = ((ROOT / name).read_text() for name in ("pyproject.toml", "CHANGELOG.md"))
    print(notes(sys.argv[1], pyproject=pyproject, changelog=changelog), end="")
