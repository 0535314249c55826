"""Lines of text of one width, for a terminal, a pipe or a mail."""

import io
from collections.abc import Iterable, Sequence
from functools import cache

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from enrich.text import strip_invisible

# Beside labels that leave less room than this, the console decides what to cut.
_NARROWEST_TEXT = 10


class TextPage:
    """Collects lines, wrapped at *width*, with styles where there is *color*.

    Only visible `Text` is printed, so that nothing in a record is taken for markup or controls the
    terminal.
    """

    def __init__(self, width: int, *, color: bool = False) -> None:
        self.width, self.color = width, color
        self.lines: list[str] = []
        self._has_begun = False

    def new(self) -> "TextPage":
        """An empty page of the same kind, to see how many lines a block takes."""
        return TextPage(self.width, color=self.color)

    def add(self, block: "TextPage", *, blank_before: bool = False) -> None:
        """Appends the lines of *block*, after an empty line where this page has lines already."""
        if blank_before and self.lines and block.lines:
            self.lines.append("")
        self.lines += block.lines

    def heading(self, text: str) -> None:
        """A heading, after an empty line."""
        if self.lines or self._has_begun:
            self.lines.append("")
        self.line(text.upper(), "bold")

    def line(self, text: str = "", style: str = "", *, indent: int = 0, most: int = 0) -> None:
        """A paragraph, cut after *most* lines if that is given."""
        lines = self._wrap(text, style, indent) if text else [""]
        if most and len(lines) > most:
            text = text[: most * (self.width - indent)]
            while len(lines) > most:
                text = _without_last_word(text)
                lines = self._wrap(f"{text} …", style, indent)
        self.lines += lines

    def pairs(self, pairs: Iterable[tuple[str, str]], *, indent: int = 2, least: int = 0) -> None:
        """Labels, of at *least* this width, with their texts beside them."""
        visible = [(strip_invisible(name), strip_invisible(text)) for name, text in pairs]
        left = max((cell_len(name) for name, _ in visible), default=0) + 1
        left = max(left, least + 1)
        right = self.width - indent - left
        if right < _NARROWEST_TEXT:
            self.lines += self._render(Padding(_grid(visible), (0, 0, 0, indent)))
            return
        for name, text in visible:
            start = f"{' ' * indent}{name}{' ' * (left - cell_len(name))}"
            for line in _wrapped(text, right):
                self.lines.append(f"{start}{line}".rstrip())
                start = " " * (indent + left)

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines) + "\n"

    def taken(self) -> str:
        """The lines so far, which leave the page: it goes on below them."""
        self._has_begun = self._has_begun or bool(self.lines)
        text = "".join(f"{line}\n" for line in self.lines)
        self.lines.clear()
        return text

    def _wrap(self, text: str, style: str, indent: int) -> Sequence[str]:
        visible = strip_invisible(text)
        if style and self.color:
            return self._render(Padding(Text(visible, style), (0, 0, 0, indent)))
        start = " " * indent
        return [f"{start}{line}".rstrip() for line in _wrapped(visible, self.width - indent)]

    def _render(self, content: Padding) -> Sequence[str]:
        out = io.StringIO()
        _console(out, self.width, color=self.color).print(content)
        return [line.rstrip() for line in out.getvalue().splitlines()]


def _grid(pairs: Iterable[tuple[str, str]]) -> Grid:
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in pairs:
        grid.add_row(Text(name), Text(text))
    return grid


def _wrapped(text: str, width: int) -> list[str]:
    """The lines of *text*, as a console of this *width* breaks it.

    Most lines of a report are short and plain: to print each of them on a console takes a
    hundred times as long.
    """
    if cell_len(text) <= width:
        return [text]
    return [line.plain for line in Text(text).wrap(_measuring_console(), width)]


def label_width(name: str) -> int:
    """How many columns of a terminal a label takes."""
    return cell_len(strip_invisible(name))


@cache
def _measuring_console() -> Console:
    return _console(io.StringIO(), 80, color=False)


def _console(out: io.StringIO, width: int, *, color: bool) -> Console:
    return Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _without_last_word(text: str) -> str:
    """*text* without its last word and what would dangle before it; shorter in any case."""
    before, _, last = text.rstrip().rpartition(" ")
    shorter = before if before and len(last) < len(text) // 2 else text[:-8]
    return shorter.rstrip(" ;,.(“")
