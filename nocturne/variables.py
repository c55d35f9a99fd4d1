"""The variables of the environment, as nocturne/variables.toml declares them: settings.py asks for them by name, and
nocturne/configuration.py converts and judges what it finds.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".toml")

_KIND_OF = {str: "text", int: "whole", float: "number", bool: "switch", list: "list", dict: "json"}


@dataclass(frozen=True, slots=True)
class Variable:
    """`kind` is one of those that configuration.py converts; without it that of `default`, or a text.

    `default` is absent where settings.py works it out; `help` is a line of Markdown. `required` is by production;
    `development` is what development takes instead. `secret` ones may be given as a file. `example` is shown where
    there is no default. `empty` ones may be set to nothing, which others take as not set. `least` and `most`
    bound numbers, `choices` texts.
    """

    name: str
    help: str
    kind: str = ""
    default: Any = None
    required: bool = False
    development: str = ""
    secret: bool = False
    example: str = ""
    empty: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.kind:
            object.__setattr__(self, "kind", _KIND_OF.get(type(self.default), "text"))


SECTIONS = {
    title: tuple(Variable(name, **told) for name, told in lines.items())
    for title, lines in tomllib.loads(FILE.read_text("utf-8")).items()
}
VARIABLES = {variable.name: variable for variables in SECTIONS.values() for variable in variables}
