"""How long a reader waits for each page of the site over the whole registry, in the real Datasette.

`python -m tests.bench.pages` loads so many studies, writes the site, serves it, and asks for each
page; `--site FOLDER` takes a site that is there. `--write-docs` writes the figures into the docs.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from enrich.site.build import free_port
from tests.bench import records, report
from tests.bench.bulk import REGISTRY_MEAN
from tests.bench.contenders import ENRICH, write_table
from tests.bench.figures import keep_figures, shown_command
from tests.bench.measure import measure, spread_text
from tests.bench.registry_process import ROOT, make_records
from tests.bench.targets import Results
from tests.tools.generated_parts import filled

DOCS = ROOT / "docs" / "performance.md"
# A page should be there before a reader notices that he waits.
LIMIT = 0.3

# fmt: off
PAGES: Mapping[str, str] = {
    "front page":                           "/",
    "list of all tables":                   "/trials",
    "trials, newest first":                 "/trials/trials",
    "search in trials: a rare word":        "/trials/trials?_search=narcolepsy",
    "search in trials: a frequent word":    "/trials/trials?_search=cancer",
    "trials that recruit":                  "/trials/trials?current_status=RECRUITING",
    "a trial":                              "/trials/trials/{nct_id}",
    "a trial, by its number":               "/trial/{nct_id}",
    "two versions of a record":             "/trial/{nct_id}/versions",
    "the published table":                  "/trials/published_table",
    "its rows beside the registry":         "/trials/merged",
    "its search":                           "/trials/merged?_search=cancer",
    "a row of it":                          "/trials/rows/1",
    "where they differ":                    "/trials/open_differences",
    "what changed recently":                "/trials/recent_changes",
    "which trials recruit":                 "/trials/recruiting_now",
    "which have results":                   "/trials/results_posted",
    "which records to use with care":       "/trials/stale_records",
    "versions of records":                  "/trials/trial_versions",
    "conditions":                           "/trials/conditions",
    "sites":                                "/trials/locations",
    "all comparisons":                      "/trials/comparisons",
    "what the records said on a day":       "/trials/as_of?date=2024-03-09",
    "the same, today":                      "/trials/as_of",
    "what changed since a day":             "/trials/changes_since?date=2020-01-01",
    "differences by cause":                 "/trials/differences_by_cause",
    "trials by country":                    "/trials/trials_by_country?country=France",
    "recruiting trials of all countries":   "/trials/trials_by_country",
    "sites near the busiest city":          "/trials/sites_near",
    "sites near a place":                   "/trials/sites_near?place=Lyon",
    "finished trials without results":      "/trials/overdue_results",
    "planned against enrolled":             "/trials/planned_against_actual",
}
# fmt: on


def make_site(studies: int, listed: int, folder: Path) -> tuple[Path, str]:
    """Loads so many *studies* with a published table of *listed* rows, and writes the site. Returns
    its folder, and a sentence about how long that took.
    """
    archive = folder / "studies.zip"
    make_records(studies, archive, REGISTRY_MEAN)
    first = (
        record for _, record in itertools.islice(records.records(studies, REGISTRY_MEAN), listed)
    )
    write_table(folder, first)
    files = ("--table", "table.toml", "--db", "trials.db")
    measure([*ENRICH, "load", str(archive), "-q", "--whole", *files], folder)
    archive.unlink()
    written = measure([*ENRICH, "browse", "--db", "trials.db", "--into", "site"], folder)
    size = (folder / "site" / "trials.db").stat().st_size / 1e9
    return folder / "site", f" Writing the site took {written.seconds:.0f} s for {size:.1f} GB."


@dataclass(frozen=True)
class PageTime:
    """Seconds until a page is there, and those of a processor that the server needed (Linux)."""

    seconds: float
    cpu: float


@contextmanager
def serving(site: Path) -> Iterator[tuple[str, int]]:
    """The address under which Datasette serves *site*, and the id of its process."""
    port = free_port(None)
    command = [sys.executable, "-m", "datasette", "serve", str(site), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as served:
        address = f"http://127.0.0.1:{port}"
        try:
            while served.poll() is None:
                try:
                    _ask(f"{address}/-/versions.json")
                    break
                except OSError:
                    time.sleep(0.1)
            yield address, served.pid
        finally:
            served.terminate()


def measure_pages(site: Path, rounds: int) -> dict[str, list[PageTime]]:
    """What each page takes, round by round. The first round, which fills caches, is left out."""
    nct_id = next(records.nct_ids(1))
    taken: dict[str, list[PageTime]] = {name: [] for name in PAGES}
    with serving(site) as (address, server):
        for number in range(rounds + 1):
            for name, path in PAGES.items():
                begun, used = time.perf_counter(), _processor_time(server)
                _ask(address + path.format(nct_id=nct_id))
                seconds = time.perf_counter() - begun
                if number:
                    taken[name].append(PageTime(seconds, _processor_time(server) - used))
    return taken


def _processor_time(process: int) -> float:
    """Seconds of processor that all threads of a process have used; 0 where nobody counts them."""
    counts = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(count.read_text().split()[0]) for count in counts) / 1e9


def _ask(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        page: bytes = answer.read()
        return page


def page_table(taken: Mapping[str, Sequence[PageTime]]) -> str:
    """A line for each page: its address, the seconds, those of a processor, and whether the seconds
    are below the limit.
    """
    lines = [_page_line(name, times) for name, times in taken.items()]
    head = f"| page | address | s | CPU s | ≤ {LIMIT} s |"
    return "\n".join([head, "|---|---|--:|--:|---|", *lines])


def _page_line(name: str, times: Sequence[PageTime]) -> str:
    seconds = [time.seconds for time in times]
    return (
        f"| {name} | `{PAGES[name]}` | {spread_text(seconds)} |"
        f" {spread_text([time.cpu for time in times])} | {_met(median(seconds) <= LIMIT)} |"
    )


def _seconds(taken: Mapping[str, Sequence[PageTime]]) -> dict[str, list[float]]:
    return {name: [time.seconds for time in times] for name, times in taken.items()}


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    parser.add_argument("--studies", type=int, default=100_000)
    parser.add_argument("--listed", type=int, default=20_000, help="rows of the published table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--site", type=Path, help="a site that is there")
    parser.add_argument("--work", type=Path, help="folder for temporary files")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="enrich-bench-", dir=options.work) as folder:
        site, written = (
            (options.site, "")
            if options.site
            else make_site(options.studies, options.listed, Path(folder))
        )
        taken = measure_pages(site, options.rounds)
    about = (
        f"{report.machine(options.rounds)}. The database has {options.studies:,} studies and a"
        f" published table of {options.listed:,} rows.{written} The figures are medians"
        " (least–most) of whole pages, after one round that fills the caches."
    )
    part = f"{shown_command()}\n{about}\n\n{page_table(taken)}\n"
    print(part)
    if options.write_docs:
        kept = keep_figures(Results(pages=_seconds(taken)))
        text = filled(DOCS.read_text(encoding="utf-8"), "bench-pages", part)
        text = filled(text, "bench-targets", report.targets(kept))
        DOCS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
