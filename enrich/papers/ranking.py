"""Which of the references of a record is the paper with the trial's results.

Each rule is a line of RULES: what it looks at, and how many points it gives. The points are rounded
weights of a conditional logit model, fitted to half of the trials whose paper was found by hand
(`python -m tests.tools.papers` reports on the other half). The best reference is *the results
paper* when it has at least `LEAST_POINTS`; a person should still look, so each comes with the
grounds on which it was chosen.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from rapidfuzz import fuzz

from enrich.papers.citations import doi_in, read_citation, year_of_pubmed_id
from enrich.text import lazy_pattern


class ReferenceType(StrEnum):
    """Who named a reference, and as what."""

    RESULT = "RESULT"  # the sponsor, as results
    DERIVED = "DERIVED"  # PubMed's index, as it prints the trial's id
    BACKGROUND = "BACKGROUND"  # the sponsor, as what the trial rests on
    SEARCHED = "SEARCHED"  # a search for the trial's id in PubMed or Europe PMC


class PaperRole(StrEnum):
    """What a paper is to a trial, as far as its title, journal and date show."""

    RESULTS = "results paper"
    PROTOCOL = "protocol"
    POOLED = "several trials together"
    SECONDARY = "secondary analysis"
    BEFORE = "published before the end of the trial"
    OTHER = "other"


@dataclass(frozen=True)
class Reference:
    """A publication that a record names, or that a search found under its id.

    *title* is its own where a search gave it; a citation contains it otherwise. *trials* is the
    number of known trials that name it too, this one included.
    """

    type: ReferenceType
    pmid: str | None = None
    doi: str | None = None
    citation: str | None = None
    trials: int = 1
    title: str | None = None

    @property
    def number(self) -> str:
        """`PMID 20818904`, or `doi:10.1056/…` where PubMed does not have it."""
        return f"PMID {self.pmid}" if self.pmid else f"doi:{self.doi}"


@dataclass(frozen=True)
class TrialDates:
    """When a trial began and reached its primary completion, as years with a fraction."""

    start: float | None = None
    completion: float | None = None


class RankedPaper(NamedTuple):
    """A reference with its points, its role and the grounds in words: who named it, what speaks for
    it, and what against it ("but …"), the weightiest first.
    """

    reference: Reference
    points: float
    role: PaperRole
    grounds: tuple[str, ...]


# Points from which the best reference counts as the results paper.
LEAST_POINTS = -2.5


@dataclass(frozen=True)
class _Candidate:
    """A reference among the others of its trial, with what the rules look at."""

    reference: Reference
    title: str
    likeness: float  # of its title to that of the trial, 0 to 1
    doi: str
    after_start: float | None  # years from the start of the trial
    after_completion: float | None
    place: int  # in the record's list, from 0
    earlier: int  # how many candidates that are not background are older
    is_first_result: bool
    trial_has_result: bool
    is_first_plausible: bool = False


_Test = Callable[[_Candidate], bool | float]


class _Rule(NamedTuple):
    points: float
    test: _Test
    ground: str = ""  # in words; empty where who named the reference is the ground


def _type_is(*types: ReferenceType) -> _Test:
    return lambda candidate: candidate.reference.type in types


def _years_before(bound: float) -> _Test:
    return lambda candidate: candidate.after_start is not None and candidate.after_start < bound


def _doi(pattern: str) -> _Test:
    compiled = lazy_pattern(pattern)
    return lambda candidate: compiled.search(candidate.doi) is not None


def _title(pattern: str) -> _Test:
    compiled = lazy_pattern(pattern, re.I)
    return lambda candidate: compiled.search(candidate.title) is not None


# Journals, by the beginnings of their DOIs.
_GENERAL = _doi(r"^10\.(1056/nejm|1016/s0140-6736|1001/jama\.|1136/bmj\.|7326)")
_SPECIALIST = _doi(
    r"^10\.(1016/s(1470-2045|1474-4422|2213|1473|2215|2352|2468)|1200/jco|1093/(eurheartj|annonc)"
    r"|1161/circulationaha|1001/jama[a-z]|1182/blood|1097/sla"
    r"|1016/j\.(jacc|ajog|eururo)\b)"
)
_PROTOCOLS = _doi(
    r"^10\.(1186/(1745-6215|s13063)|2196/(resprot|\d{4,5})|1016/j\.(cct|conctc)\."
    r"|1177/1740774)"
)
_DESIGN_PAPERS = _doi(r"^10\.(1016/j\.ahj|1111/j\.1747-4949|1177/17474930|1002/clc|4244|1093/ndt)")
_ECONOMICS = _doi(r"^10\.(1016/j\.jval|1007/s4027[13])|hqol|s12955")
_REVIEWS = _doi(r"^10\.(1586|1517)/?|^10\.1080/1(47|36|46)")
_COCHRANE = _doi(r"^10\.1002/14651858")

_PROTOCOL_TITLE = _title(
    r"\bprotocol\b|\brationale\b|\bstudy design\b|\bdesign (and|of)\b|\btrial design\b"
)
_POOLED_TITLE = _title(
    r"\bpooled\b|\bmeta-?analys[ie]s\b|\bsystematic review\b|\bintegrated analysis\b"
    r"|\b(two|three|four|five|six|seven|eight|several|phase \w+) (studies|trials)\b"
    r"|\b(clinical trial|development) program|\bplain language summary\b"
)
_SECONDARY_TITLE = _title(
    r"\bpost[- ]hoc\b|\bsub-?group|\bsecondary (analysis|outcomes?)\b|\bsubstudy\b|\bsub-study\b"
    r"|\bcost[- ](effectiveness|utility)\b|\beconomic evaluation\b|\bexploratory analys"
    r"|\blong[- ]term follow[- ]?up\b|\bbiomarkers?\b|\bpredict(ors|ing|ive)\b"
    r"|\bopen[- ]label extension\b|\bpatient[- ]reported\b|\bquality of life\b"
    r"|\bprognos(is|tic)\b|\bassociations? (of|between)\b|\bbaseline (characteristics|data)\b"
    r"|\bnatural history\b|\b(geno|phenotyp)\w+\b|\bcharacteristics of\b"
    r"|\b(sex|racial|ethnic|age) differences\b"
)
_TRIAL_TITLE = _title(
    r"\brandomi[sz]ed\b|\bplacebo\b|\bdouble[- ]blind|\bcontrolled (trial|study)\b"
    r"|\bphase (\d|i{1,3}|iv)[ab]?\b|\b(versus|vs)\b"
)

_RULES: tuple[_Rule, ...] = (
    _Rule(-1.0, _type_is(ReferenceType.BACKGROUND)),
    _Rule(-0.25, _type_is(ReferenceType.RESULT)),
    _Rule(0.5, lambda it: it.is_first_result, "the first that the sponsor named as results"),
    _Rule(
        1.0,
        lambda it: it.trial_has_result and it.reference.type is ReferenceType.DERIVED,
    ),
    _Rule(-1.5, _years_before(0.3), "published before the trial could begin"),
    _Rule(-0.75, _years_before(1.5), "published within 18 months of the start"),
    _Rule(-0.5, _years_before(2), "published within two years of the start"),
    _Rule(-0.5, _years_before(3), "published within three years of the start"),
    _Rule(
        -2.0,
        lambda it: it.after_completion is not None and it.after_completion < 0,
        "published before the primary completion",
    ),
    _Rule(0.5, lambda it: it.is_first_plausible, "the first after the end of the trial"),
    _Rule(-0.75, lambda it: min(it.earlier, 3), "later than other papers of the trial"),
    _Rule(-0.5, lambda it: it.earlier > 3, "much later than other papers of the trial"),
    _Rule(-0.1, lambda it: min(it.place, 5), "not the first in the list"),
    _Rule(1.5, _GENERAL, "in a general medical journal"),
    # Large trials have many later papers; the sponsor's results in such a journal come before them.
    _Rule(1.0, lambda it: _type_is(ReferenceType.RESULT)(it) and bool(_GENERAL(it))),
    _Rule(0.75, _SPECIALIST, "in a leading journal of the field"),
    _Rule(-1.0, _PROTOCOLS, "in a journal of protocols"),
    _Rule(
        -0.75,
        lambda it: bool(_DESIGN_PAPERS(it)) and bool(_years_before(3)(it)),
        "in a journal that prints designs of trials",
    ),
    _Rule(-0.75, _ECONOMICS, "about costs or quality of life"),
    _Rule(-0.5, _REVIEWS, "in a journal of reviews"),
    _Rule(-4.0, _COCHRANE, "in the Cochrane Library"),
    _Rule(-0.5, lambda it: it.reference.trials > 1, "named by several trials"),
    _Rule(-1.0, lambda it: not it.doi, "no DOI"),
    _Rule(-3.0, _PROTOCOL_TITLE, "titled as a protocol or design"),
    _Rule(-3.0, _POOLED_TITLE, "titled as an analysis of several trials"),
    _Rule(-1.0, _SECONDARY_TITLE, "titled as a secondary analysis"),
    _Rule(0.5, _TRIAL_TITLE, "titled as a trial"),
    _Rule(1.0, lambda it: max(it.likeness - 0.5, 0), "titled like the trial"),
    _Rule(-1.0, lambda it: max(0.5 - it.likeness, 0), "titled unlike the trial"),
)

# Who named a reference, in words.
_NAMED_BY = {
    ReferenceType.RESULT: "named by the sponsor as results",
    ReferenceType.DERIVED: "found in PubMed under the trial's number",
    ReferenceType.BACKGROUND: "named by the sponsor as background",
    ReferenceType.SEARCHED: "found by a search for the trial's number",
}

# What is not counted as the first paper after the end of a trial.
_NEVER_RESULTS = (_PROTOCOLS, _COCHRANE, _PROTOCOL_TITLE, _POOLED_TITLE, _SECONDARY_TITLE)

# The role that a title, a journal or a date gives a paper, the first that fits.
_ROLES: tuple[tuple[PaperRole, _Test], ...] = (
    (PaperRole.PROTOCOL, lambda it: bool(_PROTOCOL_TITLE(it) or _PROTOCOLS(it))),
    (PaperRole.POOLED, lambda it: bool(_POOLED_TITLE(it)) or it.reference.trials > 2),
    (PaperRole.SECONDARY, lambda it: bool(_SECONDARY_TITLE(it) or _ECONOMICS(it))),
    (PaperRole.BEFORE, lambda it: (it.after_completion or 0) < 0 or bool(_years_before(0.3)(it))),
)


def rank_papers(
    references: Sequence[Reference], dates: TrialDates, title: str = ""
) -> tuple[RankedPaper, ...]:
    """*references* of a trial, the likeliest results paper first.

    *title* is the trial's. The first has the role RESULTS if it has enough points; no other has.
    A reference without a PubMed id and a DOI, such as a web page, is left out.
    """
    candidates = _candidates(references, dates, title)
    ranked = sorted(map(_ranked, candidates), key=lambda paper: -paper.points)
    if ranked and ranked[0].points >= LEAST_POINTS:
        ranked[0] = ranked[0]._replace(role=PaperRole.RESULTS)
    return tuple(ranked)


def results_paper(ranked: Iterable[RankedPaper]) -> RankedPaper | None:
    """The results paper among *ranked*, or None where none has enough points."""
    return next((paper for paper in ranked if paper.role is PaperRole.RESULTS), None)


def _ranked(candidate: _Candidate) -> RankedPaper:
    weights = [(rule.points * float(rule.test(candidate)), rule.ground) for rule in _RULES]
    given = sorted((weight for weight in weights if weight[0]), key=lambda it: -abs(it[0]))
    role = next((role for role, fits in _ROLES if fits(candidate)), PaperRole.OTHER)
    grounds = (
        _NAMED_BY[candidate.reference.type],
        *(ground for points, ground in given if ground and points > 0),
        *(f"but {ground}" for points, ground in given if ground and points < 0),
    )
    return RankedPaper(candidate.reference, sum(points for points, _ in given), role, grounds)


class _Group(NamedTuple):
    """What is known of a trial's references together: dates of those that are not background, and
    the first that the sponsor named as results.
    """

    own_dates: tuple[float, ...]
    first_result: Reference | None
    dates: TrialDates
    title: str


def _candidates(references: Sequence[Reference], dates: TrialDates, title: str) -> list[_Candidate]:
    usable = [reference for reference in references if reference.pmid or reference.doi]
    own = [each for each in usable if each.type is not ReferenceType.BACKGROUND]
    group = _Group(
        tuple(moment for each in own if (moment := _published(each)) is not None),
        next((each for each in usable if each.type is ReferenceType.RESULT), None),
        dates,
        title,
    )
    return _with_first_plausible([_candidate(each, at, group) for at, each in enumerate(usable)])


def _candidate(reference: Reference, place: int, group: _Group) -> _Candidate:
    published = _published(reference)
    citation = reference.citation or ""
    title = reference.title or read_citation(citation).title or ""
    return _Candidate(
        reference,
        title,
        _likeness(title, group.title),
        reference.doi or doi_in(citation) or "",
        _years(group.dates.start, published),
        _years(group.dates.completion, published),
        0 if reference.type is ReferenceType.DERIVED else place,
        _earlier_than(published, group.own_dates),
        reference is group.first_result,
        group.first_result is not None,
    )


def _likeness(title: str, trial_title: str) -> float:
    """How much of their words two titles share, 0 to 1; a half where one is not known."""
    if not (title and trial_title):
        return 0.5
    return fuzz.token_set_ratio(title.casefold(), trial_title.casefold()) / 100


def _earlier_than(published: float | None, others: tuple[float, ...]) -> int:
    """How many of the *others* are older; all of them where the date is not known."""
    if published is None:
        return len(others)
    return sum(other < published for other in others)


def _with_first_plausible(candidates: list[_Candidate]) -> list[_Candidate]:
    """The candidates, the earliest that may report the results marked as such."""
    plausible = [candidate for candidate in candidates if _is_plausible(candidate)]
    first = min(plausible, key=lambda it: it.after_start or it.earlier, default=None)
    return [replace(candidate, is_first_plausible=candidate is first) for candidate in candidates]


def _is_plausible(candidate: _Candidate) -> bool:
    since_start, since_completion = candidate.after_start, candidate.after_completion
    return (
        candidate.reference.type is not ReferenceType.BACKGROUND
        and (since_start is None or since_start >= 1)
        and (since_completion is None or since_completion >= 0)
        and not any(rule(candidate) for rule in _NEVER_RESULTS)
    )


def _published(reference: Reference) -> float | None:
    """About when a reference was published, as a year with a fraction."""
    by_id = year_of_pubmed_id(reference.pmid or "")
    if by_id is not None:
        return by_id
    year = read_citation(reference.citation or "").year
    return None if year is None else year + 0.5


def _years(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin


def decimal_year(iso: str | None) -> float | None:
    """An ISO date as a year with a fraction, to the month; None without a date.

    >>> decimal_year("2020-07"), decimal_year("2020")
    (2020.5416666666667, 2020.5)
    """
    if not iso:
        return None
    year, month = int(iso[:4]), iso[5:7]
    return year + (int(month) - 0.5) / 12 if month else year + 0.5
