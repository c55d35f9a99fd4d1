"""Reading responses as pages: assertions are about what visitors get."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser


def parsed(response: Any) -> LexborHTMLParser:
    return LexborHTMLParser(response.content.decode())


def text_of(node: Any, selector: str = "") -> str:
    """The text of the first match, its white space squeezed; "" if there is none."""
    if selector:
        node = node.css_first(selector)
    return " ".join(node.text(separator=" ").split()) if node else ""


def texts(tree: Any, selector: str) -> list[str]:
    return [text_of(node) for node in tree.css(selector)]


def links(tree: Any, selector: str = "a") -> dict[str, str]:
    """href by text."""
    return {text_of(node): node.attributes["href"] for node in tree.css(selector)}
