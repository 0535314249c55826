"""The decisions on what a table's search found: a CSV beside its description, fit for git.

It is the only place where decisions are kept; the database has a copy. One line a trial, sorted by
id, so that a new decision is one new line. Columns that are not ours stay as they are.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from enrich.atomic import write_atomic
from enrich.dates import PartialDate
from enrich.errors import TableError
from enrich.files import read_file
from enrich.record.identity import is_nct_id
from enrich.search.models import Decision, DecisionKind

COLUMNS = ("nct_id", "decision", "reason", "by", "day")
_MOST_BYTES = 50_000_000  # a hundred times a search of 10,000 hits


@dataclass(frozen=True)
class DecisionFile:
    """The decisions of a file by id; *others* are columns that are not ours, by id."""

    decisions: Mapping[str, Decision]
    columns: tuple[str, ...] = COLUMNS
    others: Mapping[str, Mapping[str, str]] | None = None


def decisions_path(description: Path) -> Path:
    """Where the decisions of a table are kept: `review.decisions.csv` beside `review.toml`."""
    return description.with_suffix(".decisions.csv")


def read_decisions(path: Path, *, required: bool = False) -> DecisionFile:
    """The decisions in the file *path*; none where there is no such file, unless it is *required*.

    Raises TableError, which names file and line, where it is not such a file.
    """
    try:
        text = read_file(path, _MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        if required:
            raise TableError(f"{path}: no such file") from None
        return DecisionFile({})
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8; save it as CSV in UTF-8") from error
    return _parse(path, text)


def _parse(path: Path, text: str) -> DecisionFile:
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        header = tuple(name.strip() for name in next(lines, ()))
        missing = [name for name in COLUMNS[:2] if name not in header]
        if missing:
            raise TableError(
                f"{path}: the column {missing[0]!r} is missing; the first line is"
                f" {','.join(COLUMNS)}"
            )
        decisions: dict[str, Decision] = {}
        others: dict[str, dict[str, str]] = {}
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            row = dict(zip(header, cells, strict=False))
            decision = _decision(row, f"{path}, line {lines.line_num}")
            decisions[decision.nct_id] = decision  # of two lines the later one counts
            others[decision.nct_id] = {
                name: cell for name, cell in row.items() if name not in COLUMNS
            }
    except csv.Error as error:
        raise TableError(f"{path}, line {lines.line_num}: not CSV: {error}") from error
    return DecisionFile(decisions, tuple(dict.fromkeys((*header, *COLUMNS))), others)


def _decision(row: Mapping[str, str], where: str) -> Decision:
    nct_id, word = row.get("nct_id", "").strip().upper(), row.get("decision", "").strip().lower()
    if not is_nct_id(nct_id):
        raise TableError(f"{where}: {row.get('nct_id', '')!r} is not an NCT id")
    try:
        verdict = DecisionKind(word.removesuffix("d"))
    except ValueError:
        choices = ", ".join(DecisionKind)
        raise TableError(f"{where}: the decision {word!r} is none of {choices}") from None
    day = row.get("day", "").strip()
    try:
        day = PartialDate(day).iso if day else ""
    except ValueError:
        raise TableError(f"{where}: {day!r} is not a day such as 2026-11-25") from None
    return Decision(nct_id, verdict, row.get("reason", "").strip(), row.get("by", "").strip(), day)


def write_decisions(
    path: Path, made: Iterable[Decision], *, withdrawn: Iterable[str] = ()
) -> DecisionFile:
    """Adds the decisions *made* to the file, in place of earlier ones on the same trials, and
    removes the *withdrawn* ones; gives what is there now.

    A file that is not one of decisions stays as it is: TableError.
    """
    file = read_decisions(path)
    gone = {*withdrawn}
    all_made = {**file.decisions, **{decision.nct_id: decision for decision in made}}
    decisions = {nct_id: found for nct_id, found in all_made.items() if nct_id not in gone}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, file.columns, restval="", lineterminator="\n")
    writer.writeheader()
    for nct_id in sorted(decisions):
        decision = decisions[nct_id]
        writer.writerow(
            {
                **(file.others or {}).get(nct_id, {}),
                **dict(zip(COLUMNS, (nct_id, *_cells(decision)), strict=True)),
            }
        )
    write_atomic(path, text.getvalue().encode())
    return DecisionFile(decisions, file.columns, file.others)


def _cells(decision: Decision) -> tuple[str, ...]:
    return (str(decision.verdict), decision.reason, decision.by, decision.day)
