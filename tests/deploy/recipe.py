"""What the files of deployment say: Dockerfile, compose.yaml, Procfile, units of systemd; read, not repeated."""

import configparser
import fnmatch
import json
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"


@dataclass
class Stage:
    """A stage of the Dockerfile: its instructions in order, as (word, rest)."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def of(self, word: str) -> list[str]:
        return [rest for name, rest in self.instructions if name == word]


def stages() -> list[Stage]:
    text = re.sub(r"\\\n\s*", " ", "\n".join(line for line in lines_of("Dockerfile") if not line.startswith("#")))
    found: list[Stage] = []
    for line in filter(None, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(name, base))
        else:
            found[-1].instructions.append((word, rest))
    return found


def without_mounts(command: str) -> str:
    return re.sub(r"^(--mount=\S+\s+)+", "", command)


def health_command(stage: Stage) -> list[str]:
    [check] = stage.of("HEALTHCHECK")
    return list(json.loads(check.partition(" CMD ")[2]))


def environment_of(stage: Stage) -> dict[str, str]:
    pairs = [pair for line in stage.of("ENV") for pair in shlex.split(line)]
    return dict(pair.split("=", 1) for pair in pairs)


def in_context() -> list[str]:
    """The committed files that a build gets: without those of .dockerignore, whose patterns here are of three kinds."""
    files = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).splitlines()
    patterns = lines_of(".dockerignore")
    return [name for name in files if not any(_ignored(name, pattern) for pattern in patterns)]


def _ignored(name: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return any(fnmatch.fnmatch(part, pattern[3:]) for part in name.split("/"))
    depth = pattern.count("/") + 1
    return fnmatch.fnmatch("/".join(name.split("/")[:depth]), pattern)


def compose(**variables: str) -> dict[str, Any]:
    """compose.yaml with its variables put in; KeyError with what it says of one that it needs."""
    return dict(yaml.safe_load(interpolated((ROOT / "compose.yaml").read_text(), variables)))


def interpolated(text: str, variables: dict[str, str]) -> str:
    def put(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        value = variables.get(match["name"], "")
        if not value and match["how"] == ":?":
            raise KeyError(f"{match['name']} {match['more']}")
        return value or (match["more"] if match["how"] == ":-" else "")

    return re.sub(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<more>[^}]*))?\}", put, text)


def procfile() -> dict[str, str]:
    pairs = [line.split(": ", 1) for line in (DEPLOY / "Procfile").read_text().splitlines()]
    return {line[0]: line[1] for line in pairs}


def units() -> dict[str, configparser.RawConfigParser]:
    found = {}
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read(path)
        found[path.stem] = parser
    return found


def unit_command(unit: configparser.RawConfigParser) -> list[str]:
    return [word.replace("%%", "%") for word in shlex.split(unit["Service"]["ExecStart"])]


def lines_of(name: str) -> list[str]:
    return (ROOT / name).read_text().splitlines()
