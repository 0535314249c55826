"""How high the ranking of candidates puts what belongs on a list:
`python -m tests.tools.search_ranking`.

Reads `search/`, `registry/` and `tables/` beside the repository, and measures three things.

- *Reviews*: each included trial of a review is left out in turn, and ranked among all 28,000 trials
  by the review's other included trials. Only reviews with at least three included trials among
  them count. The weights of the fields were set on the reviews of one half, drawn by a digest of
  the review's id; the other half reports on them. Most of these records hold only title and
  conditions.
- *A list kept by hand*, at two dates: the trials that the list lacked at the first date and had at
  the second, ranked by those that it had at the first. The candidates are all trials that a daily
  search for the disease had brought by the end of July 2020, whatever they study, without those
  that the list had at the first date. Trials that this search never brought cannot be ranked.
- *Cost*: processor time and memory of ranking 20,000 whole records, with `--cost`.
"""

import argparse
import gzip
import hashlib
import json
import lzma
import re
import resource
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from enrich.search.candidates import candidate_of
from enrich.search.models import Candidate, Decision, DecisionKind
from enrich.search.ranking import rank
from tests.fixtures.corpus import REGISTRY, TABLES, read_records

SEARCH = REGISTRY.parent / "search"
TUNING, HELD_OUT = "tuning", "held out"
LEAST_INCLUDED = 3
LIST_DATES = ("2020-11-14", "2021-02-07")


class LeftOut(NamedTuple):
    """The place of a trial among the candidates, after a review was learnt without it."""

    review: str
    nct_id: str
    place: int

    @property
    def part(self) -> str:
        digest = hashlib.sha256(self.review.encode()).digest()
        return (TUNING, HELD_OUT)[digest[0] % 2]


class Score(NamedTuple):
    """The median place, and the share within the first 100."""

    number: int
    median: float
    within_100: float


@cache
def pool() -> tuple[Candidate, ...]:
    """All trials of the haystack and all whole records, each once."""
    path = SEARCH / "haystack.ndjson.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found = {it.nct_id: it for it in map(_from_haystack, file)}
    found.update((it.nct_id, it) for it in map(candidate_of, read_records("studies.ndjson.gz")))
    return tuple(found.values())


def _from_haystack(line: str) -> Candidate:
    """Where a trial has one condition, the file has it as a text and not as a list of one."""
    study = json.loads(line)
    section = study["protocolSection"]["conditionsModule"]
    if isinstance(section["conditions"], str):
        section["conditions"] = [section["conditions"]]
    return candidate_of(study)


def reviews() -> dict[str, list[str]]:
    """The included trials of each review that are among the pool, of reviews with enough."""
    known = {candidate.nct_id for candidate in pool()}
    body = json.loads((SEARCH / "reviews.json").read_text(encoding="utf-8"))
    found = {
        review: [trial["nct_id"] for trial in trials if trial["nct_id"] in known]
        for review, trials in body.items()
    }
    return {review: ids for review, ids in found.items() if len(ids) >= LEAST_INCLUDED}


def left_out(
    candidates: Sequence[Candidate], of_reviews: dict[str, list[str]]
) -> Iterator[LeftOut]:
    """Each included trial, left out in turn."""
    for review, ids in of_reviews.items():
        for nct_id in ids:
            places = places_of([nct_id], candidates, [it for it in ids if it != nct_id])
            yield LeftOut(review, nct_id, places[nct_id])


def places_of(
    wanted: Iterable[str], candidates: Sequence[Candidate], included: Iterable[str]
) -> dict[str, int]:
    """The place of each of *wanted* when the trials *included* are; the first is 1."""
    decisions = [Decision(nct_id, DecisionKind.INCLUDE) for nct_id in included]
    ranked = [it.candidate.nct_id for it in rank(candidates, decisions)]
    return {nct_id: ranked.index(nct_id) + 1 for nct_id in wanted}


def score(results: Iterable[LeftOut]) -> Score:
    places = [result.place for result in results]
    return Score(
        len(places),
        statistics.median(places),
        sum(place <= 100 for place in places) / len(places),
    )


def daily_candidates() -> tuple[Candidate, ...]:
    """Every trial that the daily search brought, as its last answer had it."""
    rows: dict[str, dict[str, Any]] = {}
    with lzma.open(SEARCH / "daily.ndjson.xz", "rt", encoding="utf-8") as file:
        for line in file:
            rows.update((row["NCT Number"], row) for row in json.loads(line)["rows"])
    return tuple(map(_from_export, rows.values()))


def _from_export(row: dict[str, Any]) -> Candidate:
    """A row of the registry's classic export; a column without a value may be absent."""

    def values(column: str) -> tuple[str, ...]:
        return tuple(filter(None, (row.get(column) or "").split("|")))

    return Candidate(
        row["NCT Number"],
        title=row["Title"],
        conditions=values("Conditions"),
        interventions=tuple(it.partition(": ")[2] or it for it in values("Interventions")),
        primary_outcomes=values("Outcome Measures"),
        phases=tuple(it.upper().replace(" ", "") for it in values("Phases")),
        sponsor=next(iter(values("Sponsor/Collaborators")), ""),
    )


def added_to_the_list() -> dict[str, int]:
    """The places of the trials that the list kept by hand gained between its two dates."""
    first, second = (
        set(re.findall(r"NCT[0-9]{8}", path.read_text(encoding="utf-8")))
        for path in (TABLES / f"md_covid_vaccine_trials_{day}.md" for day in LIST_DATES)
    )
    candidates = daily_candidates()
    known = {candidate.nct_id for candidate in candidates}
    return places_of((second - first) & known, candidates, first & known)


def cost(number: int = 20_000, included: int = 50, excluded: int = 200) -> tuple[float, float]:
    """Seconds of processor time to rank *number* candidates, and the peak memory in MB.

    Whole records, repeated under other ids until there are enough of them.
    """
    records = [candidate_of(study) for study in read_records("studies.ndjson.gz")]
    candidates = [
        replace(records[place % len(records)], nct_id=f"NCT{place:08}") for place in range(number)
    ]
    decisions = [
        Decision(it.nct_id, DecisionKind.INCLUDE if place < included else DecisionKind.EXCLUDE)
        for place, it in enumerate(candidates[: included + excluded])
    ]
    begin = time.process_time()
    rank(candidates, decisions)
    seconds = time.process_time() - begin
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print each trial and its place")
    parser.add_argument("--cost", action="store_true", help="measure only time and memory")
    options = parser.parse_args(arguments)
    if options.cost:
        seconds, megabytes = cost()
        print(f"20,000 candidates: {seconds:.1f} s of processor time, {megabytes:.0f} MB in all")
        return
    results = list(left_out(pool(), reviews()))
    if options.list:
        for result in results:
            print(f"{result.part}: {result.review} {result.nct_id}: {result.place}")
    for name in (TUNING, HELD_OUT, ""):
        part = [result for result in results if result.part == name or not name]
        found = score(part)
        print(
            f"reviews, {name or 'all'}: {found.number} trials left out,"
            f" median place {found.median:g}, {found.within_100:.3f} within the first 100"
        )
    print(f"list kept by hand, trials added: places {sorted(added_to_the_list().values())}")


if __name__ == "__main__":
    main(sys.argv[1:])
