"""What of a report concerns one recipient: some rows of some tables, by rules of its own."""

from collections.abc import Mapping
from dataclasses import replace

from enrich.changes.recipients import follows
from enrich.models import (
    Comparison,
    LastingFailure,
    PaperNews,
    Problem,
    ProblemKind,
    Rank,
    Recipient,
    RecordedChange,
    Report,
    ReportTable,
    SearchEvent,
    SiteNews,
    TableChange,
    TableChangeKind,
)
from enrich.record.fields import primary_field
from enrich.reports.content.ranks import rank_of
from enrich.text import plural, sanitize

# What the registry answered about an id has the rank of an event of the record.
_OF_RECORDS = frozenset((ProblemKind.MERGED, ProblemKind.GONE, ProblemKind.UNKNOWN))


def narrowed(report: Report, recipients: Mapping[str, Recipient]) -> Report:
    """*report* as it concerns somebody: *recipients* are the sections [notify] by table.

    Tables without a section are left out. How the run went stays as it was.
    """
    tables = tuple(
        _rows_followed(table, recipients[table.name])
        for table in report.tables
        if table.name in recipients
    )
    if len(tables) == len(report.tables) and not any(
        recipient.is_restricted for recipient in recipients.values()
    ):
        return replace(report, tables=tables)
    return _Selection(report, tables, recipients).report()


def _rows_followed(table: ReportTable, recipient: Recipient) -> ReportTable:
    has_arrivals = _reaches(recipient, Rank.OTHER)
    rows = tuple(
        row if has_arrivals else row._replace(new_since=None)
        for row in table.rows
        if not (recipient.where or recipient.trials)
        or follows(recipient, row.nct_id, row.row.cells)
    )
    return replace(table, rows=rows, news_rules=recipient.rules)


def _reaches(recipient: Recipient, rank: Rank) -> bool:
    return recipient.minimum_rank is None or rank <= recipient.minimum_rank


class _Selection:
    """Selects from *report* what concerns the rows of *tables*."""

    def __init__(
        self,
        report: Report,
        tables: tuple[ReportTable, ...],
        recipients: Mapping[str, Recipient],
    ) -> None:
        self._report, self._tables, self._recipients = report, tables, recipients
        self._of_trial: dict[str, list[Recipient]] = {}
        self._of_row: dict[int, Recipient] = {}
        self._trial_ids: dict[tuple[int, str | None], str] = {}
        for table in tables:
            for row in table.rows:
                self._of_row[row.row_id] = recipients[table.name]
                self._trial_ids[row.row_id, row.nct_id] = row.trial_id or ""
                for nct_id in {row.nct_id, row.trial_id} - {None}:
                    self._of_trial.setdefault(str(nct_id), []).append(recipients[table.name])

    def report(self) -> Report:
        changes = tuple(filter(self._has_change, self._report.changes))
        moved = {(line.nct_id, primary_field(line.change.field)) for line in changes}
        return replace(
            self._report,
            tables=self._tables,
            changes=changes,
            problems=tuple(filter(self._has_problem, self._report.problems)),
            new_comparisons=tuple(
                (row_id, comparison)
                for row_id, comparison in self._report.new_comparisons
                if self._has_difference(row_id, comparison, moved)
            ),
            lasting_failures=tuple(self._failures()),
            paper_news=tuple(filter(self._has_notice, self._report.paper_news)),
            table_changes=tuple(filter(self._has_edit, self._report.table_changes)),
            site_news=tuple(filter(self._has_site, self._report.site_news)),
            search_events=tuple(filter(self._has_search_event, self._report.search_events)),
        )

    def _has_change(self, line: RecordedChange) -> bool:
        rank = rank_of(line.change)
        return any(_reaches(recipient, rank) for recipient in self._of_trial.get(line.nct_id, ()))

    def _has_notice(self, news: PaperNews) -> bool:
        recipients = self._of_trial.get(news.nct_id, ())
        return any(_reaches(recipient, Rank.RESULTS) for recipient in recipients)

    def _has_site(self, news: SiteNews) -> bool:
        recipients = self._of_trial.get(news.nct_id, ())
        return news.table in self._recipients and any(
            _reaches(recipient, Rank.RECRUITMENT) for recipient in recipients
        )

    def _has_problem(self, problem: Problem) -> bool:
        if problem.nct_id is None:
            return True
        recipients = self._of_trial.get(problem.nct_id, ())
        rank = Rank.RECORD if problem.kind in _OF_RECORDS else Rank.STOPPED
        return any(_reaches(recipient, rank) for recipient in recipients)

    def _has_difference(
        self, row_id: int, comparison: Comparison, moved: set[tuple[str, str]]
    ) -> bool:
        """A new difference has the rank of the change behind it, or the lowest."""
        recipient = self._of_row.get(row_id)
        if recipient is None:
            return False
        trial_id = self._trial_ids.get((row_id, comparison.nct_id), "")
        is_behind = (trial_id, primary_field(comparison.field)) in moved
        return is_behind or _reaches(recipient, Rank.OTHER)

    def _has_search_event(self, event: SearchEvent) -> bool:
        """Of a table that is followed as a whole."""
        recipient = self._recipients.get(event.table)
        if recipient is None or not _reaches(recipient, Rank.OTHER):
            return False
        return not (recipient.where or recipient.trials)

    def _failures(self) -> list[LastingFailure]:
        """A failure of trials, for those that are followed."""
        own = (
            replace(failure, nct_ids=tuple(filter(self._of_trial.__contains__, failure.nct_ids)))
            for failure in self._report.lasting_failures
        )
        return [
            mine
            for mine, failure in zip(own, self._report.lasting_failures, strict=True)
            if mine.nct_ids or not failure.nct_ids
        ]

    def _has_edit(self, change: TableChange) -> bool:
        """An edit of a followed row, or of a table that is followed as a whole."""
        if change.kind == TableChangeKind.TABLE_REMOVED:
            # In one message alone: that on the first of the tables.
            return bool(self._tables) and self._tables[0].name == self._report.tables[0].name
        recipient = self._recipients.get(change.table)
        if recipient is None or not _reaches(recipient, Rank.TABLE):
            return False
        if recipient.where or recipient.trials:
            return change.row_id in self._of_row or change.nct_id in recipient.trials
        return True


def scope(report: Report, recipients: Mapping[str, Recipient]) -> list[str]:
    """What a message leaves out, in a sentence for each table of which it leaves out anything."""
    return [
        _covered(table, recipient)
        for table in report.tables
        if (recipient := recipients.get(table.name)) and recipient.is_restricted
    ]


def _covered(table: ReportTable, recipient: Recipient) -> str:
    rows = len({row.row_id for row in _rows_followed(table, recipient).rows})
    every = len({row.row_id for row in table.rows})
    cells = [f"{column}: {' or '.join(wanted)}" for column, wanted in recipient.where]
    which = f" ({sanitize('; '.join(cells), 120)})" if cells else ""
    covered = f"{rows} of {plural(every, 'row')}{which}" if rows < every else "every row"
    rank = recipient.minimum_rank
    least = f", and of their news only what ranks as “{rank.word}” or higher" if rank else ""
    return f"This message covers {covered}{least}."
