"""The text of elements of HTML and JATS as a reader sees it, and the targets of their links."""

import re
from typing import Any

from lxml import etree

Element = Any

_BREAKS = frozenset(("br", "break"))
# fmt: off
# What begins on a line of its own; then the parts of an article's head and of its references.
_BLOCKS = frozenset((
    "address", "article", "blockquote", "caption", "dd", "def-list", "disp-quote", "div", "dl",
    "dt", "fig", "figcaption", "figure", "fn", "footer", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "label", "li", "list", "list-item", "nav", "ol", "p", "pre", "sec",
    "section", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul",
    "aff", "article-id", "article-title", "collab", "contrib", "fpage", "given-names", "issue",
    "journal-id", "kwd", "lpage", "name", "person-group", "pub-date", "pub-id", "source",
    "subject", "surname", "volume", "year",
))
# fmt: on
_UNSEEN = frozenset(("script", "style", "template", "noscript", "tex-math", "head", "object-id"))
_PICTURES = frozenset(("img", "graphic", "inline-graphic", "svg"))


def cell_text(element: Element) -> str:
    """The text of an element as it is seen: a line for each paragraph, `^` before a superscript."""
    return text_without(element)


def text_without(element: Element, skipped: frozenset[Element] = frozenset()) -> str:
    """The text below *element*, without that of the elements *skipped*; no blank lines."""
    parts: list[str] = []
    _collect(element, skipped, parts)
    lines = (re.sub(r"[ \t\r\f]+", " ", line).strip(" ") for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect(element: Element, skipped: frozenset[Element], parts: list[str]) -> None:
    """Without recursion: a document may be nested as deep as it likes."""
    stack: list[Element | str] = [*reversed(_content(element))]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
        else:
            line_break = "\n" if tag_of(node) in _BLOCKS else ""
            inside = [] if node in skipped or _is_unseen(node) else _content(node)
            stack += reversed([line_break, *inside, line_break, _on_one_line(node.tail)])


def _content(node: Element) -> list[Element | str]:
    """What an element shows: its sign, its own text, its children."""
    children = [*node] if isinstance(node.tag, str) else []
    return [_sign(node), _own_text(node), *children]


def _sign(node: Element) -> str:
    """What an element shows by itself: a line break, a picture, the mark of a superscript."""
    tag = tag_of(node)
    if tag in _PICTURES:
        return str(node.get("alt") or "[picture]")
    if tag == "sup" and "".join(node.itertext()).strip():
        return "^"
    return "\n" if tag in _BREAKS else ""


def _own_text(node: Element) -> str:
    """The text up to the first child; that of a comment is none, that of an entity its name."""
    return _on_one_line(node.text) if tag_of(node) or node.tag is etree.Entity else ""


def _on_one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ")


def _is_unseen(node: Element) -> bool:
    if not tag_of(node):
        return node.tag is not etree.Entity
    style = (node.get("style") or "").replace(" ", "").lower()
    return tag_of(node) in _UNSEEN or "display:none" in style or node.get("hidden") is not None


def links_of(element: Element) -> tuple[str, ...]:
    """The targets of the links inside an element, but for places in the same document."""
    targets = [
        value
        for inner in element.iter()
        if isinstance(inner.tag, str)
        for name, value in inner.attrib.items()
        if name.rsplit("}", 1)[-1] in ("href", "xlink:href") and not value.startswith("#")
    ]
    return tuple(dict.fromkeys(targets))


def tag_of(element: Element) -> str:
    """The name of an element without its namespace; empty for a comment or an instruction."""
    name = element.tag
    return name.rsplit("}", 1)[-1].rsplit(":", 1)[-1].lower() if isinstance(name, str) else ""


def on_one_line(texts: Any) -> str:
    return " ".join(" ".join(text.split()) for text in texts if text)
