"""What the owner of a table did to it, as events:
edited cells, and rows, columns and tables that left.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from enrich.changes.news_rules import rows_with_news
from enrich.compare.display import dismissal_text, registry_text
from enrich.models import (
    Comparison,
    Report,
    ReportRow,
    TableChange,
    TableChangeKind,
    Verdict,
)
from enrich.text import join_and, sanitize

_Sentence = Callable[[TableChange, Report], str]


def table_change_sentence(change: TableChange, report: Report) -> str:
    """A change of a table in words; its subject is the trial of the row,
    or else the table itself.
    """
    return _SENTENCES[change.kind](change, report)


def news_of_tables(report: Report) -> Iterator[TableChange]:
    """The changes of tables that are news: each is reported once, in the run that noticed it."""
    return (change for change in report.table_changes if change.kind.is_news)


def _edited(change: TableChange, report: Report) -> str:
    column = sanitize(change.column or "", 60)
    was, now = (_quoted(text) for text in (change.before, change.after))
    outcome = _outcome(change, report)
    place = f"row {change.position}"
    subject = f"was edited in the table ({place})" if change.nct_id else f"{place} was edited"
    return f"{subject}: {column} {was} is now {now}{outcome}"


def _outcome(change: TableChange, report: Report) -> str:
    """What the comparison says of the edited cell now."""
    verdicts = dict.fromkeys(
        _VERDICTS[comparison.verdict].format(sanitize(registry_text(comparison), 80))
        + _settled(comparison)
        for row in report.once(_rows_by_id).get(change.row_id, ())
        for comparison in row.comparisons
        if comparison.column == change.column and comparison.verdict in _VERDICTS
    )
    return f"; {join_and(verdicts)}" if verdicts else ""


def _rows_by_id(report: Report) -> Mapping[int | None, Sequence[ReportRow]]:
    """The rows that may have been edited, each once for every trial that it names."""
    rows: dict[int | None, list[ReportRow]] = {}
    for _, row in rows_with_news(report):
        rows.setdefault(row.row_id, []).append(row)
    return rows


def _settled(comparison: Comparison) -> str:
    reason = dismissal_text(comparison).rstrip(".")
    return f" ({reason[:1].lower()}{reason[1:]})" if reason else ""


_VERDICTS: Mapping[Verdict, str] = {
    Verdict.AGREES: "it agrees with the registry",
    Verdict.DIFFERS: "it differs from the registry, which has {}",
    Verdict.UNREADABLE: "it could not be read",
    Verdict.ADDS: "the registry has {}",
}


def _row_removed(change: TableChange, report: Report) -> str:
    name, was = _table_name(change, report), f"row {change.position}: {_quoted(change.before)}"
    positions = _positions(change, report)
    if not change.nct_id:
        return f"a row without an NCT number is no longer in {name} (it was {was})"
    if positions:
        rows = f"{'rows' if len(positions) > 1 else 'row'} {join_and(map(str, positions))}"
        return f"is no longer in {name} as {was}; it is there as {rows}"
    return f"is no longer in {name} (it was {was}); it is no longer followed there"


def _positions(change: TableChange, report: Report) -> list[int]:
    """Where else the trial of a removed row stands in its table."""
    return [
        row.row.position
        for table, row in rows_with_news(report)
        if table.name == change.table and change.nct_id and row.nct_id == change.nct_id
    ]


def _column_removed(change: TableChange, report: Report) -> str:
    return f"{_table_name(change, report)} no longer has the column {_quoted(change.column)}"


def _table_removed(change: TableChange, report: Report) -> str:
    return (
        f"The table {_quoted(change.before)} is no longer there; its trials are no longer followed"
    )


def _renamed(change: TableChange, report: Report) -> str:
    return f"{_quoted(change.before)} is now called {_quoted(change.after)}"


def _row_added(change: TableChange, report: Report) -> str:
    return f"was added to {_table_name(change, report)} (row {change.position})"


_SENTENCES: Mapping[TableChangeKind, _Sentence] = {
    TableChangeKind.CELL_EDITED: _edited,
    TableChangeKind.ROW_ADDED: _row_added,
    TableChangeKind.ROW_REMOVED: _row_removed,
    TableChangeKind.COLUMN_RENAMED: _renamed,
    TableChangeKind.COLUMN_REMOVED: _column_removed,
    TableChangeKind.TABLE_RENAMED: _renamed,
    TableChangeKind.TABLE_REMOVED: _table_removed,
}


def _table_name(change: TableChange, report: Report) -> str:
    titles = {table.name: table.title for table in report.tables}
    return _quoted(titles.get(change.table, change.table))


def _quoted(text: str | None) -> str:
    return f"“{sanitize(text, 80)}”" if text else "(empty)"
