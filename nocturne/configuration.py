"""The environment: each variable as nocturne/variables.toml declares it, read, converted and judged.

What cannot be is refused at the start with a sentence that names the variable. A variable may also be given as a file
that holds it, under its name with _FILE, as container platforms hand out secrets.
"""

import io
import ipaddress
import json
import math
import os
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from nocturne.variables import VARIABLES, Variable


def read_file(beside: Path) -> None:
    """What ENV_FILE names, else `beside` if it is there, into the environment, which goes first.

    ImproperlyConfigured if that cannot be read.
    """
    named = os.environ.get("ENV_FILE")
    try:
        text = Path(named or beside).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, FileNotFoundError) and not named:
            return
        raise ImproperlyConfigured(f"The settings in {named or beside} cannot be read: {error}.")
    environ.Env.read_env(io.StringIO(text))


def value(name: str, *, default: Any = None) -> Any:
    """The value of a declared variable; `default` where the table leaves it to settings.py.

    ImproperlyConfigured if it cannot be, or if production needs it and it is not set.
    """
    variable = VARIABLES[name]
    text = _text(variable)
    if variable.required:
        if not text and value("ENVIRONMENT") == "development":
            text = variable.development
        if not text:
            raise ImproperlyConfigured(f"{name} is not set. Production needs it; see docs/configuration.md.")
    elif text is None or not (text.strip() or variable.empty):
        return variable.default if default is None else default
    return _judged(variable, _converted(variable, text))


def _converted(variable: Variable, text: str) -> Any:
    convert, wanted = _CONVERTERS[variable.kind]
    try:
        return convert(text.strip())
    except ValueError as error:
        why = f" ({error})" if variable.kind in ("networks", "json") else ""
        shown = "not what it can be" if variable.secret else repr(text)
        raise ImproperlyConfigured(f"{variable.name} is {shown}: it must be {wanted}{why}.")


def _judged(variable: Variable, found: Any) -> Any:
    if variable.least is not None and found < variable.least:
        raise ImproperlyConfigured(f"{variable.name} is {found}: it must be {variable.least:g} or more.")
    if variable.most is not None and found > variable.most:
        raise ImproperlyConfigured(f"{variable.name} is {found}: it must be {variable.most:g} or less.")
    if not variable.choices:
        return found
    for choice in variable.choices:
        if _converted(variable, choice) == found or choice.lower() == str(found).lower():
            return _converted(variable, choice)
    listed = " or ".join(", ".join(variable.choices).rsplit(", ", 1))
    shown = repr(found) if isinstance(found, str) else f"{found:g}"
    raise ImproperlyConfigured(f"{variable.name} is {shown}: it must be {listed}.")


def _text(variable: Variable) -> str | None:
    text, path = os.environ.get(variable.name), os.environ.get(f"{variable.name}_FILE")
    if text or not path or not variable.secret:
        return text
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{variable.name}_FILE names {path}, which cannot be read: {error}.")


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


def _switch(text: str) -> bool:
    if text.lower() in ("true", "on", "ok", "y", "yes", "1"):
        return True
    if text.lower() in ("false", "off", "n", "no", "0"):
        return False
    raise ValueError(text)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _each[T](one: Callable[[str], T]) -> Callable[[str], list[T]]:
    return lambda text: [one(part) for part in _list(text)]


def _host(text: str) -> str:
    """A name or an address; a port would have a variable of its own."""
    if ":" in text:
        return str(ipaddress.ip_address(text))
    if "/" in text or "@" in text or len(text.split()) != 1:
        raise ValueError(text)
    return text


def _hosts(text: str) -> list[str]:
    """Names as Django matches them: ".example.org" is all below it, "*" is any."""
    parts = _list(text)
    if any("/" in part or len(part.split()) != 1 for part in parts):
        raise ValueError(text)
    return parts


def _host_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or "/" in text or not 0 < int(port) < 65536:
        raise ValueError(text)
    return text


def _mailbox(text: str) -> str:
    name, at, host = parseaddr(text)[1].partition("@")
    if not (name and at and host) or len(f"{name}{host}".split()) != 1:
        raise ValueError(text)
    return text


def _redis(text: str) -> str:
    """What settings.py puts numbers of databases behind, so with a number at most, and nothing after it."""
    parts = urlsplit(text)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(text)
    if (path := parts.path.strip("/")) and not path.isdigit():
        raise ValueError(text)
    return text


def _url(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise ValueError(text)
    return text


def _address(text: str) -> str:
    return _url(text).rstrip("/")


def _origin(text: str) -> str:
    """As browsers write it: without a path, and with a port only if it is not the usual one."""
    parts = urlsplit(_address(text))
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or "*" in parts.netloc:
        raise ValueError(text)
    usual = {"http": 80, "https": 443}[parts.scheme] == parts.port
    return f"{parts.scheme}://{parts.hostname if usual else parts.netloc.lower()}"


_CONVERTERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "text": (str, "a text"),
    "whole": (int, "a whole number"),
    "number": (_number, "a number"),
    "switch": (_switch, "true or false"),
    "list": (_list, "a list, comma-separated"),
    "json": (json.loads, "JSON"),
    "host": (_host, "the name of a host alone, as smtp.example.org"),
    "hosts": (_hosts, "names of hosts, comma-separated, as events.example.org,www.example.org"),
    "host_port": (_host_port, "host:port, as 10.0.0.7:9100"),
    "host_ports": (_each(_host_port), "host:port, comma-separated, as 127.0.0.1:9000"),
    "mailbox": (_mailbox, "a mail address, as events@example.org or Events <events@example.org>"),
    "mailboxes": (_each(_mailbox), "mail addresses, comma-separated"),
    "redis": (_redis, "redis:// or rediss:// with a host, as redis://:password@valkey.example.org:6379"),
    "address": (_address, "an address, as https://example.org"),
    "url": (_url, "an address, as https://example.org/path"),
    "origin": (_origin, "an address without a path, as https://cdn.example.org"),
    "origins": (_each(_origin), "sites, as https://example.org,https://www.example.org"),
    "networks": (_each(ipaddress.ip_network), "addresses and networks, as 192.0.2.7,198.51.100.0/24"),
}
