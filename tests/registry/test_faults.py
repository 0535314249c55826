"""The registry misbehaves: each fault at each kind of request, what the user then reads, and what is kept.

`TABLE` is the documentation. Most of its cells are marked `long`. On the night in question every trial of the list has changed, one was removed and one merged into
another, so whoever is called unchanged was not looked at. In every cell, whatever the fault:

- the database is whole, and every row of the table is still there;
- asked = changed + unchanged + new + gone + not checked, and each trial not checked has its problem in that run;
- a trial that was not checked reads as the night before, and is marked; one that was reads as on a healthy night;
- the next healthy night heals everything: the database says the same as one that never met the fault.
"""

import itertools
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from enrich.models import Column, ProblemKind, Report, Row, Table
from enrich.registry.client import Registry
from enrich.registry.connection import Limits
from enrich.registry.history import History
from enrich.registry.retry import RetryPolicy
from enrich.run.outcome import exit_code_of
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from tests.fixtures import registry_server as standin
from tests.fixtures.database_contents import integrity_errors, read_contents
from tests.fixtures.registry_server import FAULTS, Fault, Study, set_path
from tests.fixtures.registry_server.faults import gzip_bomb
from tests.fixtures.rendered import rendered
from tests.fixtures.studies import nct, study

# --- the list: six trials, one that will be removed, one that will be merged, an id that never was, one that batches leave out

CHANGED = [*range(1, 7)]
REMOVED, MERGED, NEVER_THERE, LEFT_OUT = 7, 8, 9, 10
LISTED = [*CHANGED, REMOVED, MERGED, NEVER_THERE, LEFT_OUT]
BEFORE, NIGHT = "2026-09-04T09:00:06", "2026-09-07T09:00:05"

TABLE_9 = Table(
    name="t", title="T", file="t.csv", id_column="NCT ID", header=("NCT ID", "N"), columns=(Column("N", ("enrollment",)),),
    rows=tuple(Row(number, {"NCT ID": nct(number), "N": "10"}, (nct(number),), "2021-02-14") for number in LISTED),
)  # fmt: skip

# Three studies a page, so that a batch has pages; little bounds, so that what hangs or swells is soon given up.
LIMITS = Limits(bytes=1 << 20, page_size=3, pages=8)
HASTY = replace(LIMITS, read_seconds=0.3, gate_seconds=0.3, deadline_factor=200.0)
# By a clock that moves at each look, an answer may take so many pieces, however fast the machine is: an honest one has two or three.
PIECES = replace(LIMITS, read_seconds=10.0, gate_seconds=10.0, deadline_factor=1.2)
# By that clock a second is a look, so the budget of a host that never answered is given in looks, too.
TWO_ATTEMPTS = RetryPolicy(attempts=2, unreachable_budget=60.0)
LIMITS_OF = {"silence": HASTY, "drip": PIECES, "drip-headers": PIECES}


def record(number: int, **facts: Any) -> Study:
    made = study(
        number, **{"enrollment": 100 + number, "last_update_submitted": "2026-08-01", **facts}
    )
    set_path(made, "protocolSection.identificationModule.orgStudyIdInfo", {"id": f"S-{number}"})
    return made


def the_night_before() -> standin.StandInRegistry:
    return standin.StandInRegistry(
        [record(number) for number in LISTED if number != NEVER_THERE], loaded=BEFORE
    )


def the_night() -> standin.StandInRegistry:
    studies = [record(number, enrollment=200 + number) for number in (*CHANGED, LEFT_OUT)]
    for trial in studies:
        set_path(trial, "protocolSection.statusModule.lastUpdateSubmitDate", "2026-09-05")
        set_path(trial, "protocolSection.statusModule.lastUpdatePostDateStruct.date", "2026-09-06")
    set_path(studies[0], standin.ALIASES, [nct(MERGED)])
    history = standin.History(
        [("2020-03-01", [], record(1, enrollment=10)), ("2026-09-05", ["Study Design"], studies[0])]
    )
    return standin.StandInRegistry(studies, loaded=NIGHT, histories={nct(1): history})


def leave_out(content: Study, handler: standin.RequestHandler) -> None:
    content["studies"] = [
        trial
        for trial in content["studies"]
        if standin.get_path(trial, standin.NCT_ID) != nct(LEFT_OUT)
    ]


# --- faults that the stand-in does not have of itself


def half_sign(body: bytes) -> bytes:
    return body.replace(b'"briefTitle":"', b'"briefTitle":"\\ud83d ', 1)


def new_words(content: Study, handler: standin.RequestHandler) -> None:
    """Every enumeration has a value that nobody knows, and every module a field."""
    for trial in standin.studies_in(content):
        for path in (
            "statusModule.overallStatus",
            "designModule.studyType",
            "designModule.enrollmentInfo.type",
        ):
            set_path(trial, f"protocolSection.{path}", "SOMETHING_NEW")
        set_path(trial, "protocolSection.designModule.phases", ["PHASE9"])
        set_path(trial, "protocolSection.brandNewModule", {"field": [{"of": None}]})


def old_copy(handler: standin.RequestHandler) -> None:
    """The answer comes from a machine that was not yet reloaded."""
    if handler.received.kind in ("history", "version"):
        standin.respond_correctly(handler)
    else:
        handler.send(standin.respond_to(handler.received, YESTERDAY))


def old_copy_without_tag(handler: standin.RequestHandler) -> None:
    """The same, and the headers do not show it: only the records show their day."""
    if handler.received.kind in ("history", "version"):
        standin.respond_correctly(handler)
    else:
        handler.send(
            standin.without_header(standin.respond_to(handler.received, YESTERDAY), "ETag")
        )


def redirect_bomb(handler: standin.RequestHandler) -> None:
    """A redirect to a record, with a body of two megabytes that unpacks to two gigabytes."""
    headers = {"Location": f"/api/v2/studies/{nct(1)}", "Content-Encoding": "gzip"}
    handler.send(standin.Response(301, gzip_bomb(), headers))


def reload_a_minute_later(handler: standin.RequestHandler) -> None:
    """A load comes just before this response, however many came before it on the same day."""
    later = datetime.fromisoformat(handler.standin.loaded) + timedelta(minutes=1)
    handler.standin.next_load(later.isoformat())
    standin.respond_correctly(handler)


OWN: dict[str, Fault] = {
    "reload": reload_a_minute_later,
    "half-sign": standin.alter_bytes(half_sign),
    "not-a-number": standin.alter_bytes(
        lambda body: body.replace(b'"count":', b'"count":NaN,"n":', 1)
    ),
    "deep": standin.alter_bytes(lambda body: b"[" * 100_000 + body),
    "null": standin.alter_bytes(lambda body: b"null"),
    "new-words": standin.alter_content(new_words),
    "redirect-garbage": standin.respond_always(
        standin.Response(301, headers={"Location": "http://[::1\xff"})
    ),
    "redirect-bomb": redirect_bomb,
    "wait-beyond-time": standin.respond_always(
        standin.Response(429, headers={"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359"})
    ),
    "wait-an-hour": standin.respond_always(standin.Response(429, headers={"Retry-After": "3600"})),
    "old-copy": old_copy,
    "old-copy-no-etag": old_copy_without_tag,
}
YESTERDAY = standin.RegistryContents(
    [record(number) for number in LISTED if number != NEVER_THERE], loaded=BEFORE
)


# --- a night


@dataclass(frozen=True)
class Night:
    """What came of a run: for the user, for a machine, and in the database."""

    report: Report
    database: Path
    contents: dict[str, list[str]]

    @property
    def text(self) -> str:
        """What the user reads, on one line."""
        return " ".join(rendered("text", self.report, width=100, show_all=True).split())

    @property
    def exit_code(self) -> int:
        return exit_code_of(self.report)

    @property
    def not_checked(self) -> set[int]:
        return {
            int(problem.nct_id[3:])
            for problem in self.report.problems
            if problem.kind == ProblemKind.NOT_CHECKED and problem.nct_id
        }

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        return {row["nct_id"]: row for row in map(json.loads, self.contents["trials"])}

    def not_sound(self) -> list[str]:
        """What must hold after any run, and does not."""
        run = self.report.run
        (table,) = self.report.tables
        claims = {
            "every row is there": [row.row.position for row in table.rows] == LISTED,
            "the sum": run.asked
            == len(LISTED)
            == run.changed + run.unchanged + run.new + run.gone + run.not_checked,
            "a problem for each": len(self.not_checked) == run.not_checked,
            "finished": run.finished_at is not None,
        }
        return [claim for claim, holds in claims.items() if not holds] + integrity_errors(
            self.database
        )

    def astray(self, before: "Night", healthy: "Night", *, taken: bool, still: bool) -> list[str]:
        """Trials that read neither as the night before and marked (not checked), nor as on the healthy night (checked)."""
        if still:
            return [] if self.facts == before.facts else ["not as before"]
        wrong_unchanged = ["called unchanged"] if self.report.run.unchanged else []
        return wrong_unchanged + [
            nct_id
            for nct_id, fact in self.facts.items()
            if not taken and fact not in self._readings(nct_id, before, healthy)
        ]

    def _readings(self, nct_id: str, before: "Night", healthy: "Night") -> list[dict[str, Any]]:
        """What may be read of a trial. It may have been stored before the registry was reloaded, and is marked then as well."""
        if int(nct_id[3:]) not in self.not_checked:
            return [healthy.facts[nct_id]]
        return [{**night.facts[nct_id], "stale_since": True} for night in (before, healthy)]


def spend(
    folder: Path,
    registry: standin.StandInRegistry,
    day: int,
    *,
    traced: bool = True,
    limits: Limits = LIMITS,
    accept: bool = False,
) -> Night:
    now = lambda: f"2026-09-{day:02}T20:00:00+00:00"  # noqa: E731
    database = Database(folder / "trials.db")
    database.execute("pragma synchronous = off")  # the registry misbehaves here, not the machine
    try:
        asks = Registry(
            registry.url,
            pace=0,
            limits=limits,
            policy=TWO_ATTEMPTS,
            sleep=lambda seconds: None,
            monotonic=itertools.count().__next__,
        )
        history = History(asks, folder / "cache" / "history", now) if traced else None
        report = read_report(
            database,
            sync(
                [TABLE_9],
                asks,
                database,
                Cache(folder / "cache"),
                history,
                clock=now,
                accept=accept,
            ),
        )
    finally:
        database.close()
    return Night(report, folder / "trials.db", read_contents(folder / "trials.db"))


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> tuple[Path, Night]:
    """A database and a cache as the night before left them."""
    folder = tmp_path_factory.mktemp("before")
    with the_night_before() as registry:
        return folder, spend(folder, registry, 6, traced=False)


@pytest.fixture(scope="module")
def healthy(before, tmp_path_factory) -> Night:
    """The night without a fault."""
    folder = tmp_path_factory.mktemp("healthy") / "copy"
    shutil.copytree(before[0], folder)
    with the_night() as registry:
        return spend(folder, registry, 8)


# --- the table


@dataclass(frozen=True)
class Outcome:
    """How a night ends: the exit code under `--exit-code`, who was not checked, and whether the report names the fault."""

    exit_code: int = 10
    not_checked: tuple[int, ...] = ()
    is_reported: bool = True


AWAY = Outcome(21, tuple(LISTED))  # nobody was checked, the registry counts as unreachable
ALL = Outcome(20, tuple(LISTED))  # nobody was checked
REST = Outcome(
    20, (*range(1, 5), *range(7, 11))
)  # the first page stands; who was not on it was not checked
SOME = Outcome(
    20, (REMOVED, MERGED, NEVER_THERE, LEFT_OUT)
)  # who is only known by a request of his own
GONE = Outcome(20, (REMOVED, NEVER_THERE))  # nobody is called gone
AGED = Outcome(20, (REMOVED, MERGED, LEFT_OUT))  # whose own request met an old copy
LEFT = Outcome(20, (MERGED, LEFT_OUT))
LOST = Outcome(
    20, (1, REMOVED, MERGED, NEVER_THERE, LEFT_OUT)
)  # who was on the pages that did not come
WHY = (
    Outcome()
)  # all were checked; why table and registry differ is unknown, and the report gives the reason
NAMED = Outcome()  # all were checked, and the report names the fault
FINE = Outcome(is_reported=False)  # no harm: as on a healthy night
TAKEN = Outcome(is_reported=False)  # it is what the registry says, and is taken over as such
TWICE = Outcome(
    20, (1, MERGED)
)  # the same, but for a record that another answer of the load shows otherwise
STILL = Outcome(0, is_reported=False)  # as on a night without a new load

KINDS = {"gate": ("gate", 0), "batch": ("batch", 0), "page": ("page", 0), "single": ("single", 0), "history": ("history", 0), "version": ("version", 0), "closing gate": ("gate", 1)}  # fmt: skip

# fmt: off
TABLE: dict[str, tuple[Any, ...]] = {
    # for ever             what the user reads (a regular expression)              gate   batch  page   single history version closing gate
    "429":              ("the registry answers 429",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "429-retry-after":  ("the registry answers 429",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "429-retry-date":   ("the registry answers 429",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "wait-an-hour":     ("the registry answers 429",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "500":              ("the registry answers 500",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "502":              ("the registry answers 502",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "503-html":         ("the registry answers 503",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "403-html":         ("refuses this client .403.; a proxy or filter",          AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "200-html":         ("answers with text/html instead of JSON",                AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "not-found-html":   ("has nothing there|refuses the request .404.",           AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "redirect-loop":    ("not followed|is not a record",                          AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "redirect-away":    ("points to http://other.invalid/.* not followed",        AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "redirect-garbage": ("points to http://.* not followed",                      AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "wait-beyond-time": ("the registry answers 429",                              AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "cut-json":         ("cut short or is not JSON",                              AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "wrong-length":     ("the answer was cut off",                                AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "drip":             ("an answer took longer than",                            AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "drip-headers":     ("an answer took longer than",                            AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "reset":            ("connection reset|connection closed",                    AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    "silence":          ("timed out",                                             AWAY,  ALL,   REST,  SOME,  WHY,   WHY,   GONE),
    # who is asked for too much is asked for less
    "413":              ("refuses the request .413.",                             AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "414":              ("refuses the request .414.",                             AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "431":              ("refuses the request .431.",                             AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "414-for-many":     ("refuses the request",                                   FINE,  FINE,  FINE,  FINE,  FINE,  FINE,  FINE),
    "cut-for-many":     ("the answer was cut off",                                FINE,  FINE,  FINE,  FINE,  FINE,  FINE,  FINE),
    # a page too large is asked for again as two smaller batches
    "huge":             ("an answer of more than .* was not read",                AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "redirect-bomb":    ("an answer of more than .* was not read",                AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "gzip-bomb":        ("an answer of more than .* was not read",                AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    "deep":             ("cut short or is not JSON|was not read|404",             AWAY,  ALL,   FINE,  SOME,  WHY,   WHY,   GONE),
    # a page is read line by line, and whose line cannot be read is asked for singly
    "bad-utf8":         ("cut short or is not JSON",                              AWAY,  NAMED, NAMED, LEFT,  WHY,   WHY,   GONE),
    "not-a-number":     ("cut short or is not JSON",                              FINE,  NAMED, NAMED, LEFT,  WHY,   WHY,   FINE),
    "null":             ("has an unexpected format|not a record|does not give|404", AWAY, ALL,  REST,  SOME,  WHY,   WHY,   GONE),
    # text is text: the control sign is kept as it is, a half sign is replaced; an unknown word is shown as it is
    "nul":              ("interface is now|has an unexpected format|two contents", NAMED, TAKEN, TWICE, TWICE, WHY,   TAKEN, FINE),
    "half-sign":        ("two contents",                                        FINE,  TAKEN, TWICE, TWICE, FINE,  TAKEN, FINE),
    "new-words":        ("two contents",                                        FINE,  TAKEN, TWICE, TWICE, FINE,  TAKEN, FINE),
    # what a batch leaves out, twists or repeats is asked for singly
    "duplicate":        ("",                                                      FINE,  FINE,  FINE,  FINE,  FINE,  FINE,  FINE),
    "empty":            ("does not give the date|names no id|no NCT id|unexpected format",    AWAY,  FINE,  FINE,  LEFT,  WHY,   WHY,   GONE),
    "empty-page":       ("does not give the date|names no id|no NCT id|unexpected format|without end", AWAY, FINE, REST, LEFT, WHY, WHY, GONE),
    "same-token":       ("page without end",                           FINE,  FINE,  LOST,  FINE,  FINE,  FINE,  FINE),
    "endless-tokens":   ("page without end",                           FINE,  FINE,  SOME,  FINE,  FINE,  FINE,  FINE),
    "wrong-study":      ("NCT09999999",                                           FINE,  NAMED, NAMED, LEFT,  FINE,  WHY,   FINE),
    "no-id":            ("no NCT id|names no id|no NCT id|has an unexpected format",       FINE,  NAMED, NAMED, LEFT,  FINE,  WHY,   FINE),
    # which data is it?
    "unknown-version":  ("interface is now 9.9.9, and this version of enrich knows 2.x", NAMED, FINE,  FINE,  FINE,  FINE,  FINE,  FINE),
    "timestamp-back":   ("shows data of 2025-09-07, 366 days old.*--accept",        ALL, FINE,  FINE,  FINE,  FINE,  FINE,  GONE),
    "old-copy":         ("older than the registry|older than those",                     STILL, ALL,   REST,  AGED,  FINE,  FINE,  GONE),
    "old-copy-no-etag": ("shows records of 2026-09-04, older than the data|older than those", FINE, ALL, REST, AGED, FINE, FINE, GONE),
    "reload":           ("changed again and again",                              ALL,   ALL,   ALL,   ALL,   FINE,  FINE,  ALL),
    "no-etag":          ("",                                                      FINE,  FINE,  FINE,  FINE,  FINE,  FINE,  FINE),
}
# fmt: on

# In an ordinary run of the tests: every fault where it does harm, and every kind of request with some faults of different sorts.
# All nights: `pytest -m "long or not long" tests/registry/test_faults.py`.
EVERYWHERE = ("500", "cut-json", "wrong-study", "old-copy-no-etag")


def at_home(row: tuple[Outcome, ...]) -> str:
    """The kind of request at which a fault does harm, with the batch before the others."""
    cells = dict(zip(KINDS, row, strict=True))
    return min(KINDS, key=lambda kind: (cells[kind] is FINE, kind != "batch"))


def cell(fault: str, kind: str, *parameters: Any, quick: bool) -> Any:
    return pytest.param(
        fault, kind, *parameters, id=f"{fault} at {kind}", marks=() if quick else pytest.mark.long
    )


CELLS = [
    cell(fault, kind, words, outcome, quick=fault in EVERYWHERE or kind == at_home(row))
    for fault, (words, *row) in TABLE.items()
    for kind, outcome in zip(KINDS, row, strict=True)
]


def test_the_table_has_every_fault_there_is():
    assert TABLE.keys() == FAULTS.keys() | OWN.keys()


@pytest.mark.parametrize(("fault", "kind", "words", "outcome"), CELLS)
def test_a_fault_that_lasts_all_night(before, healthy, tmp_path, fault, kind, words, outcome):
    folder = tmp_path / "copy"
    shutil.copytree(before[0], folder)
    with the_night() as registry:
        on, after = KINDS[kind]
        registry.fail(OWN.get(fault, fault), on=on, times=None, after=after)
        registry.fail(standin.alter_content(leave_out), on="batch", times=None)
        night = spend(folder, registry, 8, limits=LIMITS_OF.get(fault, LIMITS))
        registry.heal()
        registry.next_load()
        healed = spend(folder, registry, 9)

    takes = outcome is TAKEN or outcome is TWICE
    assert night.exit_code == outcome.exit_code
    assert night.not_checked == {*outcome.not_checked}
    assert bool(words and re.search(words, night.text)) == outcome.is_reported
    assert night.not_sound() == []
    assert night.astray(before[1], healthy, taken=takes, still=outcome is STILL) == []
    assert healed.exit_code in (0, 10)
    assert healed.not_sound() == []
    assert healed.facts == healthy.facts
    assert takes or healed.contents == healthy.contents


@pytest.mark.long
@pytest.mark.parametrize("fault", ["huge", "gzip-bomb", "redirect-bomb"])
@pytest.mark.parametrize("kind", ["gate", "batch", "single"])
def test_two_gigabytes_are_given_up_at_the_bound_and_fill_no_memory(before, tmp_path, fault, kind):
    """At the true bounds, in a process of its own, which may never have held more than four times the largest answer."""
    shutil.copytree(before[0], tmp_path / "copy")
    with the_night() as registry:
        registry.fail(OWN.get(fault, fault), on=kind, times=None)
        registry.fail(standin.alter_content(leave_out), on="batch", times=None)
        result = subprocess.run(
            [sys.executable, "-c", ASK, registry.url, str(tmp_path / "copy")],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
    most = int(result.stdout) * 1024
    assert most < 4 * Limits().bytes


ASK = """
import resource, sys
from pathlib import Path
from types import SimpleNamespace
from enrich.registry.connection import Limits
from tests.registry.test_faults import spend
night = spend(Path(sys.argv[2]), SimpleNamespace(url=sys.argv[1]), 8, limits=Limits())
assert night.report.run.not_checked and night.not_sound() == []
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
ROOT = Path(__file__).parents[2]

PASSING = (
    "429",
    "429-retry-after",
    "429-retry-date",
    "500",
    "502",
    "503-html",
    "200-html",
    "cut-json",
    "wrong-length",
    "drip",
    "drip-headers",
    "reset",
    "silence",
    "bad-utf8",
    "reload",
)


# Half of a text that says "not found" is no reason to ask again, nor to believe it.
ONCE = [
    cell(fault, kind, quick=kind == "batch" or fault in EVERYWHERE)
    for fault in PASSING
    for kind in ("gate", "batch", "page", "single", "version")
    if (fault, kind) != ("cut-json", "single")
]


@pytest.mark.parametrize(("fault", "kind"), ONCE)
def test_a_fault_that_passes_is_asked_over(before, healthy, tmp_path, fault, kind):
    folder = tmp_path / "copy"
    shutil.copytree(before[0], folder)
    with the_night() as registry:
        on, after = KINDS[kind]
        registry.fail(fault, on=on, times=1, after=after)
        registry.fail(standin.alter_content(leave_out), on="batch", times=None)
        night = spend(folder, registry, 8, limits=LIMITS_OF.get(fault, LIMITS))
    assert (night.exit_code, night.not_checked) == (10, set())
    assert night.not_sound() == []
    assert night.contents == healthy.contents
