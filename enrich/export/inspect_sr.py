"""A sheet for INSPECT-SR, Cochrane's checks of how far a trial can be trusted: domains 1 and 2.

One row a trial. The facts are beside empty columns for the judgements: nothing here judges. That
fewer people took part than were planned is a number among others, and no finding.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from enrich.dates import long_day
from enrich.export.characteristics import Registration, other_text, source
from enrich.export.participants import every_count
from enrich.export.phrases import clean
from enrich.models import ReportRow, Study, Trial
from enrich.papers.notices import notices_sentence
from enrich.papers.ranking import PaperRole, results_paper
from enrich.record import urls
from enrich.record.children import entries
from enrich.record.fields import trial_of
from enrich.record.participants import Stage
from enrich.record.registration import (
    certificate_day,
    registration_sentence,
    results_sentence,
    start_moved_past_registration,
)
from enrich.storage.early_versions import EarlyRole, EarlyVersion
from enrich.storage.papers import TrialPapers
from enrich.text import capitalize_first, join_and, plural, sanitize

TITLE = "Facts for INSPECT-SR, domains 1 and 2"
NOTE = (
    "Facts from ClinicalTrials.gov, its history, PubMed, Europe PMC and the Retraction Watch data. "
    "The columns for judgements are empty: they are yours."
)

_NOT_LOOKED = "Not looked up: run enrich papers."
_NOT_KEPT = "Not kept: run enrich papers --early-versions."
_PARTIAL = "Unknown: the copy at hand is not the whole record."
_MOST_OUTCOMES = 8
_LONGEST = 300  # characters of one text


@dataclass(frozen=True)
class Evidence:
    """What is known beside the records: papers and early versions by trial, days of checks.

    *today* is an ISO day, and so are those on which papers and notices were looked up; None: never.
    """

    today: str
    papers: Mapping[str, TrialPapers] = field(default_factory=dict)
    early: Mapping[str, Mapping[EarlyRole, EarlyVersion]] = field(default_factory=dict)
    papers_day: str | None = None
    notices_day: str | None = None


class SheetColumn(NamedTuple):
    """A column of the sheet; without *text* it is one for a judgement, and empty."""

    heading: str
    text: Callable[["Dossier"], str] | None = None


@dataclass(frozen=True)
class Dossier:
    """One trial with what is known beside its record, and what the table prints about it."""

    registration: Registration
    evidence: Evidence
    printed: Mapping[str, str]  # the cells of its first row, by the fields that they state

    @property
    def nct_id(self) -> str:
        return self.registration.nct_id

    @property
    def papers(self) -> TrialPapers | None:
        """The papers of the trial; None where nobody looked for them."""
        if self.evidence.papers_day is None:
            return None
        return self.evidence.papers.get(self.nct_id, TrialPapers((), {}))

    @property
    def is_partial(self) -> bool:
        """Whether the copy at hand is not the whole record, so that what it lacks is not known."""
        trial = self.registration.trial
        return trial is None or not trial.complete

    @property
    def early(self) -> Mapping[EarlyRole, EarlyVersion]:
        return self.evidence.early.get(self.nct_id, {})

    @property
    def versions(self) -> Iterator[tuple[str, Study]]:
        """The early versions, in words, and the current record."""
        for role, words in _ROLE_WORDS.items():
            early = self.early.get(role)
            if early:
                yield f"{words} (version {early.version + 1}, {long_day(early.day)})", early.study
        yield "Now", self.registration.study


_ROLE_WORDS = {EarlyRole.FIRST: "First version", EarlyRole.AT_START: "At the start"}


# --- domain 1: the paper and the notices about it


def _results_paper(dossier: Dossier) -> str:
    papers = dossier.papers
    if papers is None:
        return _NOT_LOOKED
    best = results_paper(papers.ranked)
    if best is None:
        return "None found." if not dossier.is_partial else f"None found. {_PARTIAL}"
    reference = best.reference
    citation = clean(reference.citation or "", _LONGEST)
    return "\n".join(
        filter(None, (citation, reference.number, f"Grounds: {'; '.join(best.grounds)}"))
    )


def _notices(dossier: Dossier) -> str:
    papers, day = dossier.papers, dossier.evidence.notices_day
    if papers is None or day is None:
        return _NOT_LOOKED
    best = results_paper(papers.ranked)
    return notices_sentence(papers.notices_of(best.reference), day) if best else "No results paper."


def _other_notices(dossier: Dossier) -> str:
    papers, day = dossier.papers, dossier.evidence.notices_day
    if papers is None or day is None:
        return _NOT_LOOKED
    others = [paper for paper in papers.ranked if paper.role is not PaperRole.RESULTS]
    found = [
        f"{paper.reference.doi or paper.reference.pmid}: "
        f"{notices_sentence(papers.notices_of(paper.reference), day)}"
        for paper in others
        if papers.notices_of(paper.reference)
    ]
    looked = f"{plural(len(others), 'other paper')} looked up. "
    return looked + (" ".join(found) or notices_sentence((), day))


# --- domain 2: registration, results, and the record then and now


def _registration(dossier: Dossier) -> str:
    trial = dossier.registration.trial
    if trial is None:
        return "No record at hand."
    lacks = dossier.is_partial and not (trial["first_submitted"] and trial["start_date"])
    sentence = _PARTIAL if lacks else registration_sentence(trial)
    return "\n".join(filter(None, (sentence, _moved_start(dossier, trial))))


def _moved_start(dossier: Dossier, trial: Trial) -> str:
    if not dossier.early:
        return f"Start in earlier versions: {_NOT_KEPT[0].lower()}{_NOT_KEPT[1:]}"
    by_number = {early.version: trial_of(early.study) for early in dossier.early.values()}
    moved = start_moved_past_registration(trial, sorted(by_number.items()))
    if moved is None:
        return ""
    return (
        f"Version {moved.version} gave {long_day(moved.start)} as the start, before the "
        "registration; the record now gives a later one."
    )


def _results(dossier: Dossier) -> str:
    trial = dossier.registration.trial
    if trial is None or (dossier.is_partial and not trial["results_first_posted"]):
        return _PARTIAL
    certificate = certificate_day(dossier.registration.study)
    return results_sentence(trial, dossier.evidence.today, certificate)


def _participants(dossier: Dossier) -> str:
    """Every number of people that the record and its early versions give, and the printed one."""
    registration = dossier.registration
    counts = every_count(registration.trial, registration.study, dossier.early)
    lines = [
        f"{_heading(count.stage, count.outcome)}: "
        f"{count.people if count.people is not None else 'unknown'}"
        f"{f' ({count.reason})' if count.reason else ''}"
        for count in counts
    ]
    if not dossier.early:
        lines.insert(0, f"Planned at registration: {_NOT_KEPT[0].lower()}{_NOT_KEPT[1:]}")
    return "\n".join([*lines, *_printed(dossier, "enrollment")])


def _heading(stage: Stage, outcome: str | None) -> str:
    words = capitalize_first(stage)
    return f"{words} for “{clean(outcome, 100)}”" if outcome else words


def _arms(dossier: Dossier) -> str:
    return _then_and_now(dossier, lambda study: [arm["label"] for arm in entries(study, "arms")])


def _primary_outcomes(dossier: Dossier) -> str:
    def outcomes(study: Study) -> list[str]:
        return [
            f"{entry['measure']} ({entry['time_frame']})"
            if entry["time_frame"]
            else entry["measure"]
            for entry in entries(study, "primary_outcomes")
        ]

    return _then_and_now(dossier, outcomes)


_CRITERIA, _OTHER_WORDING = "eligibility_criteria", "other wording than now"


def _criteria(dossier: Dossier) -> str:
    """Whether the criteria read otherwise in early versions; their text is too long for a cell."""
    if dossier.is_partial:
        return _PARTIAL

    now = dossier.registration.other(_CRITERIA)
    lines = [
        f"{when}: {'as now' if _same(other_text(study, _CRITERIA), now) else _OTHER_WORDING}"
        for when, study in dossier.versions
        if when != "Now"
    ]
    return "\n".join([*(lines or [_NOT_KEPT]), f"Full text: {dossier.registration.url}"])


def _same(text: str, other: str) -> bool:
    """Whether two texts have the same letters and digits: the history prints other bullets."""
    return _letters(text) == _letters(other)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _then_and_now(dossier: Dossier, read: Callable[[Study], Sequence[str | None]]) -> str:
    """What *read* gives of the early versions and of the current record, version by version."""
    now = [clean(text) for text in read(dossier.registration.study) if text]
    lines = [] if dossier.early else [_NOT_KEPT]
    if dossier.is_partial and not now:
        return "\n".join([*lines, _PARTIAL])
    for when, study in dossier.versions:
        found = [clean(text) for text in read(study) if text]
        is_same = when != "Now" and list(map(_letters, found)) == list(map(_letters, now))
        lines.append(f"{when}: {'as now' if is_same else _listed(found)}")
    return "\n".join(lines)


def _listed(texts: Sequence[str]) -> str:
    shown = [sanitize(text, _LONGEST) for text in texts[:_MOST_OUTCOMES]]
    more = len(texts) - len(shown)
    return "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])]) or "none given"


def _printed(dossier: Dossier, name: str) -> Iterator[str]:
    cell = dossier.printed.get(name)
    if cell:
        yield f"Printed in the table: {clean(cell)}"


def _sources(dossier: Dossier) -> str:
    links = [f"Record: {dossier.registration.url}", f"History: {urls.history_url(dossier.nct_id)}"]
    for early in dossier.early.values():
        if early.version:
            compared = urls.comparison_url(dossier.nct_id, 0, early.version)
            links.append(f"First version and version {early.version + 1}: {compared}")
    return "\n".join([source(dossier.registration), *links])


COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("Trial", lambda it: it.nct_id),
    SheetColumn("Row", lambda it: join_and(map(str, it.registration.positions))),
    SheetColumn("Title", lambda it: it.registration.text("brief_title")),
    SheetColumn("Results paper", _results_paper),
    SheetColumn("Notices about it", _notices),
    SheetColumn("Notices about other papers of the trial", _other_notices),
    *(SheetColumn(f"Check {check}: judgement") for check in ("1.1", "1.2", "1.3")),
    SheetColumn("Registration", _registration),
    SheetColumn("Results", _results),
    SheetColumn("Numbers of people", _participants),
    SheetColumn("Arms", _arms),
    SheetColumn("Primary outcomes", _primary_outcomes),
    SheetColumn("Criteria", _criteria),
    *(SheetColumn(f"Check {check}: judgement") for check in ("2.1", "2.2", "2.3")),
    SheetColumn("Sources", _sources),
)


def dossiers(
    registrations: Iterable[Registration], rows: Iterable[ReportRow], evidence: Evidence
) -> Iterator[Dossier]:
    """The trials with what is known beside their records; *rows* are those of the table.

    Both are in the order of the table, so that only the cells of one row are held at a time.
    """
    by_position = groupby(rows, key=lambda row: row.row.position)
    cells: dict[str, str] = {}
    at: int | None = None
    for registration in registrations:
        while at != registration.positions[0]:
            at, of_row = next(by_position)
            cells = _cells_by_field(of_row)
        yield Dossier(registration, evidence, cells)


def _cells_by_field(rows: Iterable[ReportRow]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for row in rows:
        for comparison in row.comparisons:
            cells.setdefault(comparison.field, comparison.cell)
    return cells


def sheet_rows(dossiers: Iterable[Dossier]) -> Iterator[list[str]]:
    """The cells of the sheet, row by row, without its headings."""
    return (
        [column.text(dossier) if column.text else "" for column in COLUMNS] for dossier in dossiers
    )
