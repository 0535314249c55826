"""The text of a Word cell as the reader of documents reads it, character by character.

Each character knows the run it comes from, so that a part of the text can be cut out of its runs.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lxml import etree

from enrich.export.own_document.edits import Refused

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# What may stand between runs without showing anything.
_UNSEEN = frozenset(
    (
        *("pPr", "bookmarkStart", "bookmarkEnd", "proofErr", "permStart", "permEnd"),
        *("commentRangeStart", "commentRangeEnd", "lastRenderedPageBreak", "sdtPr", "sdtEndPr"),
    )
)
_INSIDE = frozenset(("hyperlink", "smartTag", "sdt", "sdtContent", "customXml"))
_TRACKED = frozenset(("ins", "del", "moveFrom", "moveTo"))
_SIGNS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "\u2011"}

_CHANGED_BEFORE = "the cell has a tracked change already; accept or reject it first"
_NO_TEXT = "the cell holds more than text (a field, a note, a picture or a formula)"


def qualified(root: Any, name: str) -> str:
    """*name* in the namespace of *root*: `w`, in its usual or its strict form."""
    return f"{{{etree.QName(root).namespace}}}{name}"


def element(root: Any, name: str, *children: Any, text: str | None = None) -> Any:
    """A new element of WordprocessingML."""
    made = etree.Element(qualified(root, name))
    made.extend(children)
    if text is not None:
        made.text = text
        made.set(_SPACE, "preserve")
    return made


@dataclass(frozen=True, eq=False)
class Character:
    """A character: of which *run* and which *part* of it, and at which *place* there.

    Without a run it ends a paragraph. Without a part the reader put it there: the mark of a
    superscript. *problem* is why it cannot be changed; such a thing may have no *text* at all.
    """

    text: str
    run: Any = None
    part: Any = None
    place: int = 0
    paragraph: Any = None
    problem: str = ""


class CellText:
    """The text of a cell (`w:tc`), and how to cut a part of it out of its runs."""

    def __init__(self, root: Any, cell: Any) -> None:
        self._root = root
        self._all = [*self._characters(cell)]
        self._shown = [*_normalized(self._all)]

    @property
    def text(self) -> str:
        """As the reader reads it: single spaces, no blank lines."""
        return "".join(text for text, _ in self._shown)

    def is_inside_raised(self, at: int) -> bool:
        """Whether the place *at* of the text is between characters of one superscript."""
        if not 0 < at < len(self._shown) or self._shown[at][0] == "^":
            return False
        return all(self._is_raised(self._shown[place][1][0]) for place in (at - 1, at))

    # --- reading

    def _characters(self, cell: Any) -> Iterator[Character]:
        paragraphs = [*self._paragraphs(cell)]
        for number, paragraph in enumerate(paragraphs):
            of_paragraph = [*self._inside(paragraph, "")]
            for is_raised, group in groupby(of_paragraph, key=self._is_raised):
                raised = [*group]
                if is_raised and "".join(character.text for character in raised).strip():
                    yield Character("^", raised[0].run, problem=raised[0].problem)
                yield from raised
            if number < len(paragraphs) - 1:
                yield Character("\n", paragraph=paragraph)

    def _paragraphs(self, cell: Any) -> Iterator[Any]:
        for child in cell:
            name = self._name(child)
            if name == "p":
                yield child
            elif name in ("sdt", "sdtContent", "customXml"):
                yield from self._paragraphs(child)

    def _inside(self, node: Any, problem: str) -> Iterator[Character]:
        for child in node:
            name = self._name(child)
            if name == "r":
                yield from self._of_run(child, problem)
            elif name in _INSIDE:
                yield from self._inside(child, problem)
            elif name in ("ins", "moveTo"):
                yield from self._inside(child, _CHANGED_BEFORE)
            elif name not in _UNSEEN:
                yield Character("", problem=_CHANGED_BEFORE if name in _TRACKED else _NO_TEXT)

    def _of_run(self, run: Any, problem: str) -> Iterator[Character]:
        for part in run:
            name = self._name(part)
            if name == "t":
                for place, text in enumerate(part.text or ""):
                    shown = " " if text == "\n" else text
                    yield Character(shown, run, part, place, problem=problem)
            elif name in _SIGNS:
                yield Character(_SIGNS[name], run, part, problem=problem)
            elif name != "rPr" and name not in _UNSEEN:
                yield Character("", run, part, problem=problem or _NO_TEXT)

    def _is_raised(self, character: Character) -> bool:
        if character.run is None:
            return False
        align = character.run.find(f"{self._q('rPr')}/{self._q('vertAlign')}")
        return align is not None and align.get(self._q("val")) == "superscript"

    # --- cutting

    def split(self, first: int, last: int) -> tuple[Any, list[Any]]:
        """Makes runs of their own of the characters from *first* up to *last*.

        Returns the run before them, and these runs; none where *first* is *last*. Raises Refused
        where one of the characters cannot be changed.
        """
        chosen = self._chosen(first, last)
        for character in chosen:
            if character.problem:
                raise Refused(character.problem)
        if not chosen:
            return self._split_after(first), []
        runs = [
            self._cut_out(run, [character for character in group if character.part is not None])
            for run, group in groupby(chosen, key=lambda character: character.run)
            if run is not None
        ]
        return None, [run for run in runs if run is not None]

    def paragraph_ends(self, first: int, last: int) -> list[Any]:
        """The paragraphs that end between these characters."""
        chosen = self._chosen(first, last)
        return [character.paragraph for character in chosen if character.paragraph is not None]

    def format_at(self, first: int, last: int) -> Any:
        """The format of the text at *first*: that of the characters there, else of the one before.

        A superscript lends its format to nothing.
        """
        candidates = [*self._chosen(first, last), *reversed(self._before(first))]
        for character in candidates:
            if character.run is not None and not self._is_raised(character):
                return character.run.find(self._q("rPr"))
        return None

    def _chosen(self, first: int, last: int) -> list[Character]:
        """All characters between two places of the text, with those that it does not show."""
        shown = [character for _, group in self._shown[first:last] for character in group]
        if not shown:
            return []
        start, end = (
            next(at for at, other in enumerate(self._all) if other is character)
            for character in (shown[0], shown[-1])
        )
        return self._all[start : end + 1]

    def _before(self, first: int) -> list[Character]:
        return [character for _, group in self._shown[:first] for character in group]

    def _split_after(self, first: int) -> Any:
        """The run that ends with the character before *first*."""
        real = [character for character in self._before(first) if character.part is not None]
        if not real:
            raise Refused("the cell has no text")
        if real[-1].problem:
            raise Refused(real[-1].problem)
        run, before = real[-1].run, real[-1]
        behind = [
            character
            for character in self._all
            if character.run is run and character.part is not None
        ]
        at = next(at for at, character in enumerate(behind) if character is before)
        self._move_behind(run, behind[at + 1 :])
        return run

    def _cut_out(self, run: Any, chosen: Sequence[Character]) -> Any:
        """A run of its own with the characters *chosen* of *run*, which keeps what is before."""
        if not chosen:
            return None
        of_run = [
            character
            for character in self._all
            if character.run is run and character.part is not None
        ]
        first, last = (
            next(at for at, other in enumerate(of_run) if other is character)
            for character in (chosen[0], chosen[-1])
        )
        self._move_behind(run, of_run[last + 1 :])
        if first == 0:
            return run
        return self._move_behind(run, of_run[first : last + 1])

    def _move_behind(self, run: Any, characters: Sequence[Character]) -> Any:
        """Moves the last *characters* of *run* into a new run of the same format behind it."""
        if not characters:
            return None
        made = element(self._root, "r")
        made.attrib.update(run.attrib)
        properties = run.find(self._q("rPr"))
        if properties is not None:
            made.append(deepcopy(properties))
        for part, group in groupby(characters, key=lambda character: character.part):
            made.append(self._without_start(part, next(group).place))
        run.addnext(made)
        return made

    def _without_start(self, part: Any, place: int) -> Any:
        """*part* itself, or, for a text, its end from *place* on; it keeps what is before."""
        if self._name(part) != "t":
            return part
        part.set(_SPACE, "preserve")
        if place == 0:
            return part
        text = part.text
        part.text = text[:place]
        return element(self._root, "t", text=text[place:])

    def _q(self, name: str) -> str:
        return qualified(self._root, name)

    def _name(self, node: Any) -> str:
        return str(etree.QName(node).localname) if isinstance(node.tag, str) else ""


def _normalized(characters: Sequence[Character]) -> Iterator[tuple[str, list[Character]]]:
    """The text as the reader shows it, each character with those that it is made of."""
    is_first = True
    end: list[Character] = []
    for is_end, group in groupby(characters, key=lambda character: character.text == "\n"):
        if is_end:
            end += group
            continue
        line = _stripped([*_single_spaces(group)])
        if line:
            if not is_first:
                yield "\n", end
            yield from line
            is_first, end = False, []


def _single_spaces(line: Iterator[Character]) -> Iterator[tuple[str, list[Character]]]:
    for is_space, group in groupby(
        (character for character in line if character.text),
        key=lambda character: character.text in " \t\r\f",
    ):
        if is_space:
            yield " ", [*group]
        else:
            yield from ((character.text, [character]) for character in group)


def _stripped(line: list[tuple[str, list[Character]]]) -> list[tuple[str, list[Character]]]:
    start = 1 if line and line[0][0] == " " else 0
    end = len(line) - 1 if line and line[-1][0] == " " else len(line)
    return line[start:end]
