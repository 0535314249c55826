"""What a living review writes into its log: a paragraph for each table, of at most 120 words.

It claims no check that was not made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from enrich.dates import long_day
from enrich.models import Answer, NoticeKind, Report, ReportTable
from enrich.record.fields import primary_field
from enrich.reports.content.differences import new_cells
from enrich.reports.content.events import short_title
from enrich.reports.content.news import TrialNews, news_of_table
from enrich.reports.content.search_events import search_sentences
from enrich.reports.content.sentences import notice_in_brief
from enrich.reports.content.summary import differing_cells, shorten_list, why_unchecked
from enrich.reports.rendering import RenderContext
from enrich.text import join_and, plural, sanitize

MOST_WORDS = 120
# Of these, what the sentences after the trials may take.
_KEPT_FREE = 32


def render(context: RenderContext) -> str:
    """A paragraph for each table of the report."""
    return "\n\n".join(paragraph(context, table) for table in context.report.tables) + "\n"


@dataclass(frozen=True)
class _Registered:
    """The distinct ids of a table: all of them, those not *checked*, *new* and *absent* ones."""

    number: int
    missed: Sequence[str]
    new: Sequence[str]
    absent: Sequence[str]

    @property
    def checked(self) -> int:
        return self.number - len(self.missed)


def _registered(table: ReportTable) -> _Registered:
    """The ids of *table*, in one pass over its rows."""
    is_checked: dict[str, bool] = {}
    new: dict[str, None] = {}
    absent: dict[str, None] = {}
    for row in table.rows:
        if row.nct_id:
            is_checked[row.nct_id] = row.checked or is_checked.get(row.nct_id, False)
        if row.new_since:
            new[sanitize(row.nct_id or "", 20)] = None
        if row.checked and row.answer in (Answer.GONE, Answer.UNKNOWN):
            absent[sanitize(row.nct_id or "", 20)] = None
    missed = [sanitize(nct_id, 20) for nct_id, checked in is_checked.items() if not checked]
    return _Registered(len(is_checked), missed, [*new], [*absent])


def paragraph(context: RenderContext, table: ReportTable) -> str:
    """When the trials of *table* were checked against which data, and what has changed."""
    registered = table.once(_registered)
    if not registered.number:
        return f"{short_title(table)} names no registered trial."
    check = _check(context.report, table, registered)
    outcome = _outcome(context, table, registered)
    sentences = (*_noticed(context, table), *_arrived(context.report, table), *_absent(table))
    sentences = (*sentences, *search_sentences(context.report, table.name))
    return " ".join((f"{check}{outcome}", *sentences))


# --- what was checked


def _check(report: Report, table: ReportTable, registered: _Registered) -> str:
    """`On 13 March 2026 all 61 registered trials of Table 2 were checked against …`."""
    day = long_day(report.run.finished_at or report.run.started_at)
    name, number, checked = short_title(table), registered.number, registered.checked
    data = f" (data of {long_day(report.run.data_timestamp)})" if report.run.data_timestamp else ""
    missed = registered.missed
    if not missed:
        every = f"all {number} registered trials" if number > 1 else "the one registered trial"
        were = "were" if number > 1 else "was"
        return f"On {day} {every} of {name} {were} checked against ClinicalTrials.gov{data}"
    if not checked:
        none = f"none of the {number} registered trials" if number > 1 else "the registered trial"
        could = "could" if number > 1 else "could not"
        reason = why_unchecked(report)
        return (
            f"On {day} {none} of {name} {could} be checked against"
            f" ClinicalTrials.gov{f' ({reason})' if reason else ''}"
        )
    were = "was" if checked == 1 else "were"
    return (
        f"On {day} {checked} of the {number} registered trials of {name} {were} checked"
        f" against ClinicalTrials.gov{data}; {len(missed)} could not be checked"
        f" ({shorten_list(missed)})"
    )


# --- what came of it


def _outcome(context: RenderContext, table: ReportTable, registered: _Registered) -> str:
    """The end of the sentence, and the sentences after it."""
    report = context.report
    since = f" since {long_day(report.since)}" if report.since and report.is_longer else ""
    trials = _of_registry(news_of_table(report, context.news.trials, table))
    if trials:
        return f". {' '.join(_changed(context, table, trials, since))}"
    if not registered.checked:
        return f"; nothing is known of changes{since}."
    if report.since is None:
        return f" for the first time: {_first_letter_low(differing_cells(table))}."
    if not registered.missed:
        return f": no change that affects the table{since}."
    return f". In those that were, no change that affects the table{since}."


def _first_letter_low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _of_registry(trials: Sequence[TrialNews]) -> list[TrialNews]:
    """What happened at the registry alone: edits of the table, and a row that is new in it, are no
    change of a trial.
    """
    changed = [
        replace(
            trial,
            statements=tuple(
                statement
                for statement in trial.statements
                if any(event.changes for event in statement.events)
            ),
        )
        for trial in trials
    ]
    return [trial for trial in changed if trial.statements]


def _changed(
    context: RenderContext, table: ReportTable, trials: Sequence[TrialNews], since: str
) -> Iterator[str]:
    stated = {*map(primary_field, table.stated)}  # other tables may state more
    affecting = sum(
        any(stated & statement.changed_fields for statement in trial.statements) for trial in trials
    )
    words = (
        MOST_WORDS
        - 2 * _KEPT_FREE
        - sum(len(sentence.split()) for sentence in _noticed(context, table))
    )
    yield (
        f"{plural(len(trials), 'trial')} changed{since},"
        f" {affecting or 'none'} in a field that the table states:"
        f" {'; '.join(_named_trials(trials, words))}."
    )
    cells = new_cells(context.report, table)
    if cells:
        yield f"{plural(cells, 'cell is', 'cells are')} newly out of date."


def _named_trials(trials: Sequence[TrialNews], words: int) -> Iterator[str]:
    """As many trials with the first thing that happened as the *words* allow; the rest counted."""
    for at, trial in enumerate(trials):
        text = f"{trial.nct_id}: {_briefly(trial)}"
        words -= len(text.split())
        if words < 0 and at:
            yield f"and {len(trials) - at} more"
            return
        yield text


def _briefly(trial: TrialNews) -> str:
    """The first thing that happened, without the reason that the record gives for it."""
    text = trial.statements[0].text.split("; reason:")[0].replace("; ", ", ")
    return " ".join(text.split()[:20])


def _noticed(context: RenderContext, table: ReportTable) -> list[str]:
    """The first notice about a results paper, the gravest first, and how many more there are."""
    notices = [
        event.notice
        for trial in news_of_table(context.report, context.news.trials, table)
        for statement in trial.statements
        for event in statement.events
        if event.notice
    ]
    if not notices:
        return []
    first = min(notices, key=lambda notice: [*NoticeKind].index(notice.kind))
    more = f"; and {plural(len(notices) - 1, 'more notice')}" if notices[1:] else ""
    return [f"Notices about papers: {first.nct_id}: {notice_in_brief(first)}{more}."]


def _arrived(report: Report, table: ReportTable) -> list[str]:
    """The trials that were first asked about in this time; all of them at the first check."""
    if report.since is None:
        return []
    new = table.once(_registered).new
    if not new:
        return []
    are = plural(len(new), "trial is", "trials are")
    return [f"{are} new in {short_title(table)}: {shorten_list(new)}."]


def _absent(table: ReportTable) -> list[str]:
    ids = table.once(_registered).absent
    if not ids:
        return []
    return [
        "ClinicalTrials.gov has no record of "
        f"{join_and(ids) if len(ids) < 4 else shorten_list(ids)}."
    ]
