"""How often the results paper of a trial is ranked first: `python -m tests.tools.papers`.

Reads `papers/` beside the repository: papers found by hand, and the references of the records of
such trials. The points of the rules were set on one half of the trials, drawn by a digest of their
ids; the other half reports on them. `--list` prints the trials where another paper came first.
"""

import argparse
import csv
import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from enrich.papers.citations import normalize_doi, read_citation
from enrich.papers.ranking import (
    RankedPaper,
    Reference,
    ReferenceType,
    TrialDates,
    decimal_year,
    rank_papers,
    results_paper,
)
from enrich.record.children import entries
from tests.fixtures.corpus import REGISTRY, read_records

PAPERS = REGISTRY.parent / "papers"
TUNING, HELD_OUT = "tuning", "held out"


class KnownPaper(NamedTuple):
    """A trial, its references as a record has them, and its paper; *paper* is None without one."""

    nct_id: str
    part: str
    references: tuple[Reference, ...]
    dates: TrialDates
    paper: Reference | None


class Score(NamedTuple):
    """How many trials have their paper among their references, and how often it came first; how
    many have no paper, and how often one was given.
    """

    listed: int
    first: int
    without: int
    given: int

    @property
    def share_first(self) -> float:
        return self.first / self.listed

    @property
    def share_given(self) -> float:
        return self.given / self.without


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (PAPERS / name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def known_papers() -> Iterator[KnownPaper]:
    """Every trial of `result_papers.csv`."""
    rows = defaultdict(list)
    for row in _rows("registry_references.csv"):
        rows[row["id"]].append(row)
    trials = Counter(row["pmid"] for group in rows.values() for row in group if row["pmid"])
    starts = {row["id"]: row["start_date"][:7] for row in _rows("registered_before_start.csv")}
    for row in _rows("result_papers.csv"):
        nct_id = row["trial_id"]
        references = tuple(
            Reference(
                ReferenceType(reference["reference_type"].upper()),
                reference["pmid"] or None,
                normalize_doi(reference["doi"]),
                trials=trials.get(reference["pmid"], 1),
            )
            for reference in rows[nct_id]
        )
        paper = None
        if row["has_publication"] == "Yes":
            doi = normalize_doi(row["publication_doi"])
            paper = Reference(ReferenceType.RESULT, row["publication_pmid"] or None, doi)
        dates = TrialDates(decimal_year(starts.get(nct_id)))
        yield KnownPaper(nct_id, part_of(nct_id), references, dates, paper)


def part_of(nct_id: str) -> str:
    """The half of the data to which a trial belongs."""
    return (TUNING, HELD_OUT)[int(hashlib.sha256(nct_id.encode()).hexdigest(), 16) % 2]


def is_same(reference: Reference, paper: Reference) -> bool:
    """Whether two references are one paper."""
    return bool(
        (paper.pmid and reference.pmid == paper.pmid) or (paper.doi and reference.doi == paper.doi)
    )


def score(known: list[KnownPaper], *, list_wrong: bool = False) -> Score:
    """How the ranking fares on *known*."""
    listed = first = without = given = 0
    for trial in known:
        ranked = rank_papers(trial.references, trial.dates)
        if trial.paper is None:
            without += 1
            given += results_paper(ranked) is not None
        elif any(is_same(reference, trial.paper) for reference in trial.references):
            listed += 1
            best = results_paper(ranked)
            is_right = best is not None and is_same(best.reference, trial.paper)
            first += is_right
            if list_wrong and not is_right:
                _print_wrong(trial, ranked)
    return Score(listed, first, without, given)


def _print_wrong(trial: KnownPaper, ranked: tuple[RankedPaper, ...]) -> None:
    print(trial.nct_id)
    for paper in ranked[:6]:
        mark = "*" if is_same(paper.reference, trial.paper) else " "
        print(f"  {mark} {paper.points:5.2f} {paper.reference.type:10} {paper.reference.doi}")
        print(f"          {'; '.join(paper.grounds)}")


def print_pubmed_ids() -> None:
    """Prints for each year the ids, in thousands, between which articles of real citations fall."""
    ids = defaultdict(list)
    for record in read_records("studies.ndjson.gz"):
        for publication in entries(record, "publications"):
            year = read_citation(publication["citation"] or "").year
            if publication["pmid"] and year:
                ids[year].append(int(publication["pmid"]) // 1000)
    for year, found in sorted(ids.items()):
        found.sort()
        first, last = (found[int(len(found) * share)] for share in (0.05, 0.95))
        print(f"{year}: {len(found)} articles, {first:,} to {last:,} thousand")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", choices=(TUNING, HELD_OUT))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--pubmed-ids", action="store_true")
    arguments = parser.parse_args()
    if arguments.pubmed_ids:
        print_pubmed_ids()
        return 0
    known = list(known_papers())
    for part in (TUNING, HELD_OUT):
        if arguments.part in (None, part):
            found = score([it for it in known if it.part == part], list_wrong=arguments.list)
            print(
                f"{part}: right paper first in {found.first} of {found.listed} trials "
                f"({found.share_first:.1%}); a paper given to {found.given} of {found.without} "
                f"trials without one ({found.share_given:.1%})"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
