"""The description of a drafted table as TOML that a person reads, corrects and keeps.

What is sure or likely is active, with its evidence in a comment. What is in doubt is a comment, so
that deleting one `#` takes it.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from enrich.escaping import toml_string
from enrich.importing.draft import Day, Draft
from enrich.inference.days import DayKey
from enrich.inference.guesses import ColumnGuess
from enrich.record.names import label
from enrich.text import capitalize_first, join_and, sanitize

_WIDTH = 98
_LONGEST_TITLE = 300

_HEAD = """\
The description of the table in {file}, made from {source}.

Read through it once. A section such as [columns."Phase"] names what a column says about a trial:\
 its cells are compared with the registry. If that is wrong, delete the section, or put another\
 field into `says`. What is in doubt is behind a # and is not used; delete the # to use it.\
 Then run `enrich check` and `enrich sync`."""

_BASELINE = """\
When did the authors look at the registry? Without a day nobody can say whether a difference was\
 wrong at publication or came later."""


def description_of(draft: Draft, file: str, published: str | None) -> str:
    """The description of *draft*, whose cells are in *file*; *published* is the day that the user
    gave.
    """
    blocks = [
        _comment(_HEAD.format(file=file, source=sanitize(PurePath(draft.source).name))),
        "\n".join(_keys(draft, file)),
        "\n".join(_baseline(draft, published)),
        *_columns(draft),
        "\n".join(_uncompared(draft)),
        "\n".join(_other_ids(draft)),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


# --- keys


def _keys(draft: Draft, file: str) -> Iterator[str]:
    document = draft.document
    title = sanitize(draft.laid_out.caption or document.title or "", _LONGEST_TITLE)
    if title:
        yield f"title = {toml_string(title)}"
    if document.title and document.title != title:
        yield f"citation = {toml_string(sanitize(document.title, _LONGEST_TITLE))}"
    if document.doi and document.doi.startswith("10."):
        yield f"doi = {toml_string(sanitize(document.doi))}"
    yield f"file = {toml_string(file)}"
    yield f"id_column = {toml_string(draft.id_column)}"


def _baseline(draft: Draft, published: str | None) -> Iterator[str]:
    if published:
        yield f"published = {toml_day(published)}  # the day that you gave"
    else:
        yield _comment(_BASELINE)
        yield from map(_day_line, draft.days)
        if not any(day.iso for day in draft.days):
            yield "# published = 2021-03-09  # (an example: write the right day)"
    if draft.accessed_column:
        yield f"# accessed_column = {toml_string(draft.accessed_column)}  # a day for each row"


def _day_line(day: Day) -> str:
    meaning = "the authors looked" if day.key is DayKey.ACCESSED else "published"
    if day.iso is None:
        return f"# (day and month may be swapped) {meaning}: {sanitize(day.source)}"
    return f"# published = {toml_day(day.iso)}  # {meaning}: {sanitize(day.source)}"


def toml_day(iso: str) -> str:
    """A day as a date of TOML, a month or a year in quotes.

    >>> toml_day("2021-03-09"), toml_day("2021-03")
    ('2021-03-09', '"2021-03"')
    """
    return iso if len(iso) == 10 else toml_string(iso)


# --- columns


def _columns(draft: Draft) -> Iterator[str]:
    """A section for each column about which there is a guess, in the order of the table."""
    for name in draft.written.header:
        guesses = draft.inference.of(name)
        active = [guess for guess in guesses if guess.is_active]
        doubtful = [guess for guess in guesses if not guess.is_active]
        if active:
            yield "\n".join(_active_section(draft, name, active, doubtful))
        elif doubtful:
            yield "\n".join(_doubtful_section(name, doubtful))


def _active_section(
    draft: Draft, name: str, active: Sequence[ColumnGuess], doubtful: Sequence[ColumnGuess]
) -> Iterator[str]:
    for guess in active:
        yield _comment(f"{label(guess.field)}: {evidence_of(guess)} ({guess.confidence}).")
    yield f"[columns.{toml_string(name)}]"
    yield f"says = {_list(guess.field for guess in active)}"
    for key, value in draft.inference.options(name).items():
        yield f"{key} = {toml_string(value)}"
    for guess in doubtful:
        yield _comment(
            f"In doubt, not used. {label(guess.field)} ({toml_string(guess.field)}):"
            f" {evidence_of(guess)}."
        )


def _doubtful_section(name: str, guesses: Sequence[ColumnGuess]) -> Iterator[str]:
    for guess in guesses:
        yield _comment(f"In doubt, not used. {label(guess.field)}: {evidence_of(guess)}.")
    yield f"# [columns.{toml_string(name)}]"
    yield f"# says = {_list(guess.field for guess in guesses)}"
    options = {key: value for guess in guesses for key, value in guess.options.items()}
    for key, value in options.items():
        yield f"# {key} = {toml_string(value)}"


def evidence_of(guess: ColumnGuess) -> str:
    """Why a column is taken to say a field, in words."""
    is_proven = guess.is_active and guess.by_chance is not None
    is_all = is_proven or not guess.compared  # without a cell compared, the reason is the evidence
    return sanitize(guess.evidence if is_all else f"{guess.evidence}; {guess.reason}")


def _uncompared(draft: Draft) -> Iterator[str]:
    if draft.uncompared:
        yield _comment(f"Not compared: {join_and(map(toml_string, draft.uncompared))}.")


def _other_ids(draft: Draft) -> Iterator[str]:
    """Every id of the document that no row follows: none is passed over in silence."""
    for line in draft.account.lines(most=None)[1:]:
        yield _comment(sanitize(f"{capitalize_first(line)}."))


# --- TOML


def _list(fields: Iterable[str]) -> str:
    return f"[{', '.join(map(toml_string, fields))}]"


def _comment(text: str) -> str:
    """*text* as lines of a comment."""
    lines = [
        wrapped
        for line in text.splitlines()
        for wrapped in textwrap.wrap(
            line, _WIDTH - 2, break_long_words=False, break_on_hyphens=False
        )
        or [""]
    ]
    return "\n".join(f"# {line}".rstrip() for line in lines)
