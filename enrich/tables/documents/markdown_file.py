"""Reads Markdown by markdown-it-py (CommonMark with tables), which turns it into HTML."""

from pathlib import Path

from markdown_it import MarkdownIt

from enrich.tables.documents.document import Document, decode
from enrich.tables.documents.html_file import read_markup


def read_markdown(path: Path, content: bytes) -> Document:
    """The document in *content*: its tables, and its lists as text."""
    return read_markup(MarkdownIt("commonmark").enable("table").render(decode(content)))
