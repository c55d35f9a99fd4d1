"""XML as feeds have it, read without entities and external references and in spite of small faults."""

import html
import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# An entity that a document defines itself is refused; what HTML knows is put in its place.
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?>", re.I)
_DEFINITION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.I)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)([A-Za-z]\w*;)?")
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NUMBER = re.compile(r"&#(?:x([\da-fA-F]{1,8})|(\d{1,8}));")
_PREFIX = re.compile(r"(</?|\s)([A-Za-z][\w.-]*):(?=[A-Za-z][\w.-]*[\s=/>])")
_NAMESPACE = re.compile(r"""\sxmlns(?:[:-][\w.-]+)?\s*=\s*(?:"[^"]*"|'[^']*')""")


def parse(text: str) -> Element:
    """The tree of a piece of XML, its names without namespaces: "ev:startdate" is "ev-startdate".

    Raise ValueError where it cannot be read even leniently.
    """
    text = _without_doctype(_cdata(text, lambda inside: html.escape(inside, quote=False)))
    text = _NAMESPACE.sub("", text)
    text = _PREFIX.sub(r"\1\2-", text)
    text = _INVALID.sub("", _ENTITY.sub(_entity, _NUMBER.sub(_character, text)))
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise ValueError(f"the XML cannot be read: {error}") from error


def blocks(text: str, *names: str) -> Iterator[str]:
    """The pieces of a document from <name …> to </name>: one that cannot be read costs only itself."""
    begin = re.compile(rf"<({'|'.join(names)})(?=[\s>])", re.I)
    # of equal length: markup in it is no block
    hidden = _cdata(text, lambda inside: " " * (len(inside) + len("<![CDATA[]]>")))
    ends = {name: re.compile(rf"</{name}\s*+>", re.I) for name in names}
    match = begin.search(hidden)
    while match and ends:
        name = match[1].lower()
        end = ends[name].search(hidden, match.end()) if name in ends else None
        if end:
            yield text[match.start() : end.end()]
        else:
            ends.pop(name, None)  # nor does any later one end: each is looked for once
        match = begin.search(hidden, (end or match).end())


def whole_text(node: Element | None) -> str:
    """The text of an element with that of all elements in it."""
    return "".join(node.itertext()).strip() if node is not None else ""


def _without_doctype(text: str) -> str:
    begin = _DEFINITION.search(text)
    if begin and (match := _DOCTYPE.match(text, begin.start())):
        text = text[: match.start()] + text[match.end() :]
        begin = _DEFINITION.search(text)
    if begin:
        raise ValueError("the XML defines entities of its own")
    return text


def _cdata(text: str, replace: Callable[[str], str]) -> str:
    """The text with something in the place of each CDATA section; one without an end is none."""
    parts, at = [], 0
    while (begin := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", begin)) >= 0:
        parts += [text[at:begin], replace(text[begin + len("<![CDATA[") : end])]
        at = end + len("]]>")
    return "".join([*parts, text[at:]])


def _entity(match: re.Match[str]) -> str:
    known = html.unescape(match[0]) if match[1] else ""
    return html.escape(known, quote=False) if known and known != match[0] else f"&amp;{match[1] or ''}"


def _character(match: re.Match[str]) -> str:
    """The character of a numeric entity; html.unescape puts others in the place of those that XML forbids."""
    return html.escape(html.unescape(match[0]), quote=False)
