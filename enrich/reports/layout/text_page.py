"""Lines of text of one width, for a terminal, a pipe or a mail."""

import io
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from enrich.text import strip_invisible


class TextPage:
    """Collects lines, wrapped at *width*, with styles where there is *color*.

    Only visible `Text` is printed, so that nothing in a record is taken for markup or controls the
    terminal.
    """

    def __init__(self, width: int, *, color: bool = False) -> None:
        self.width, self.color = width, color
        self.lines: list[str] = []

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
        if self.lines:
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

    def pairs(self, pairs: Iterable[tuple[str, str]], *, indent: int = 2) -> None:
        """Labels with their texts beside them."""
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, text in pairs:
            grid.add_row(Text(strip_invisible(name)), Text(strip_invisible(text)))
        self.lines += self._render(Padding(grid, (0, 0, 0, indent)))

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines) + "\n"

    def _wrap(self, text: str, style: str, indent: int) -> Sequence[str]:
        return self._render(Padding(Text(strip_invisible(text), style), (0, 0, 0, indent)))

    def _render(self, content: Padding) -> Sequence[str]:
        out = io.StringIO()
        Console(
            file=out,
            width=self.width,
            force_terminal=self.color,
            color_system="standard" if self.color else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        ).print(content)
        return [line.rstrip() for line in out.getvalue().splitlines()]


def _without_last_word(text: str) -> str:
    """*text* without its last word and what would dangle before it; shorter in any case."""
    before, _, last = text.rstrip().rpartition(" ")
    shorter = before if before and len(last) < len(text) // 2 else text[:-8]
    return shorter.rstrip(" ;,.(“")
