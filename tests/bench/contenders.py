"""The programs to measure, in the order in which they run, and what each is asked to do."""

import csv
import itertools
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.measure import Failed, Measurement, measure
from tests.bench.registry_process import Registry

PEERS = Path(__file__).parent / "peers"
ENRICH = (sys.executable, "-m", "enrich")


@dataclass(frozen=True)
class Round:
    """One table of trials, the registry that has them, and a fresh folder to work in.

    *peers* is the folder with the programs of the peers' environment, *source* another checkout of
    `enrich` to run in place of this one, *pace* the least time between two requests of `enrich`.
    """

    registry: Registry
    folder: Path
    ids: tuple[str, ...]
    peers: Path | None = None
    source: Path | None = None
    pace: float = 0


@dataclass(frozen=True)
class Contender:
    """A program to measure. *floor* is the name of the contender that it is measured against.

    *most* is the largest table that it is asked for.
    """

    name: str
    run: Callable[[Round], Measurement]
    floor: str | None
    most: int = 1_000_000


# --- enrich

_SYNC = (*ENRICH, "sync", "--no-history", "--table", "table.toml")


def sync(
    round_: Round,
    *,
    new: int = 0,
    changed: int = 0,
    unchanged: int = 0,
    is_quiet: bool = False,
    prefix: str = "",
) -> Measurement:
    """A whole `enrich sync` that prints its report, or *is_quiet* as in a crontab. The names of its
    database and its folder of copies begin with *prefix*. Raises Failed unless its run has these
    counts.
    """
    options = {
        "--pace": round_.pace,
        "--db": f"{prefix}trials.db",
        "--cache": f"{prefix}cache",
        "--registry": round_.registry.url,
    }
    quiet = ["-q"] if is_quiet else []
    measurement = _with_requests(round_, [*_SYNC, *quiet, *itertools.chain(*options.items())])
    counts = _last_counts(round_.folder / f"{prefix}trials.db")
    if counts != (new, changed, unchanged, 0, 0):
        raise Failed(f"enrich counted {counts}, not {(new, changed, unchanged, 0, 0)}")
    return measurement


def run_command(round_: Round, words: Iterable[str]) -> Measurement:
    """Another command of `enrich` on the database of the round."""
    return _with_requests(round_, [*ENRICH, *words, "--db", "trials.db"])


def _with_requests(round_: Round, command: Iterable[object]) -> Measurement:
    round_.registry.requests()
    env = {"NO_PROXY": "*", **({"PYTHONPATH": str(round_.source)} if round_.source else {})}
    measurement = measure([*map(str, command)], round_.folder, env=env)
    return replace(measurement, requests=round_.registry.requests())


def _last_counts(db: Path) -> tuple[int, ...]:
    """New, changed, unchanged, gone and unchecked trials of the last run."""
    with closing(sqlite3.connect(db)) as connection:
        counts: tuple[int, ...] = connection.execute(
            "select new, changed, unchanged, gone, not_checked from runs order by id desc limit 1"
        ).fetchone()
    return counts


def _first_load(round_: Round) -> Measurement:
    return sync(round_, new=len(round_.ids))


def _quiet_first_load(round_: Round) -> Measurement:
    return sync(round_, new=len(round_.ids), is_quiet=True, prefix="quiet-")


def _not_reloaded(round_: Round) -> Measurement:
    return sync(round_, unchanged=len(round_.ids))


def _quiet_night(round_: Round) -> Measurement:
    return sync(round_, unchanged=len(round_.ids), is_quiet=True)


def _after_a_night(share: float) -> Callable[[Round], Measurement]:
    def run(round_: Round) -> Measurement:
        changed = round_.registry.night(share)
        return sync(round_, changed=changed, unchanged=len(round_.ids) - changed)

    return run


# --- others


def _peer(script: str, *arguments: str) -> Callable[[Round], Measurement]:
    """A program in the peers' environment; `{bin}` in an argument is the folder of its programs."""

    def run(round_: Round) -> Measurement:
        if round_.peers is None:
            raise Failed("no environment for the peers")
        further = [argument.format(bin=round_.peers) for argument in arguments]
        return _with_requests(
            round_,
            [
                str(round_.peers / "python"),
                str(PEERS / script),
                round_.registry.url,
                "ids.txt",
                *further,
            ],
        )

    return run


def _first_floor(round_: Round) -> Measurement:
    (round_.folder / "floor.db").unlink(missing_ok=True)
    command = [sys.executable, str(PEERS / "floor.py"), round_.registry.url, "ids.txt"]
    return _with_requests(round_, [*command, "floor.db"])


def _fetch_floor(round_: Round) -> Measurement:
    return _with_requests(
        round_, [sys.executable, str(PEERS / "floor.py"), round_.registry.url, "ids.txt"]
    )


TYPICAL, TYPICAL_AGAIN, BIOMCP = (
    "GET each + deepdiff + sqlite-utils, first load",
    "GET each + deepdiff + sqlite-utils, again, nothing changed",
    "biomcp-cli, fetch only",
)
STORED, FETCHED = "floor: fetch, parse once, write raw rows", "floor: fetch and parse once"
FIRST, QUIET, KNOWN, AGAIN = (
    "enrich sync, first load",
    "enrich sync -q, first load",
    "enrich sync -q, registry not reloaded",
    "enrich sync, reloaded, nothing changed",
)
PYTRIALS = "pytrials 1.0.0, fetch only"

# fmt: off
CONTENDERS = (
    Contender(STORED,                                      _first_floor, None),
    Contender(FETCHED,                                     _fetch_floor, None),
    Contender(FIRST,                                       _first_load, STORED),
    Contender(QUIET,                                       _quiet_first_load, STORED),
    Contender(KNOWN,                                       _quiet_night, FETCHED),
    Contender("enrich sync, registry not reloaded",        _not_reloaded, FETCHED),
    Contender(AGAIN,                                       _after_a_night(0), FETCHED),
    Contender("enrich sync, reloaded, 1 % changed",        _after_a_night(0.01), FETCHED),
    Contender("enrich sync, reloaded, 10 % changed",       _after_a_night(0.1), FETCHED),
    Contender(PYTRIALS,                                    _peer("pytrials_fetch.py"), FETCHED, most=5000),
    Contender(TYPICAL, _peer("typical_script.py", "typical.db"), STORED, most=1000),
    Contender(TYPICAL_AGAIN, _peer("typical_script.py", "typical.db"), FETCHED, most=1000),
    Contender(BIOMCP, _peer("biomcp_fetch.py", "{bin}/biomcp"), FETCHED, most=1000),
)
# fmt: on

# At the polite pace, over the Internet, others take minutes: so they are asked for less.
_WAITED_FOR = {
    **dict.fromkeys((FETCHED, FIRST, KNOWN), 1_000_000),
    **{AGAIN: 20_000, PYTRIALS: 5000, TYPICAL: 1000, TYPICAL_AGAIN: 100, BIOMCP: 100},
}
WAITING = tuple(
    replace(contender, floor=contender.floor and FETCHED, most=_WAITED_FOR[contender.name])
    for contender in CONTENDERS
    if contender.name in _WAITED_FOR
)


def run_all(
    contenders: Iterable[Contender], round_: Round
) -> Iterator[tuple[Contender, Measurement | str]]:
    """Runs each contender once, in turn, in one folder. One that cannot run gives the reason."""
    lay_out(round_)
    for contender in contenders:
        if len(round_.ids) > contender.most:
            continue
        try:
            yield contender, contender.run(round_)
        except (Failed, OSError) as error:
            yield contender, str(error)


def lay_out(round_: Round) -> None:
    """Writes the list of ids for the peers, and a published table."""
    (round_.folder / "ids.txt").write_text("\n".join(round_.ids))
    write_table(round_.folder, round_.registry.records(round_.ids))


def write_table(folder: Path, records: Iterable[bytes]) -> None:
    """Writes `table.toml` and `table.csv`: a published table with the first values of *records*."""
    (folder / "table.toml").write_text(_DESCRIPTION)
    with (folder / "table.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Trial", "Title", "Phase and masking", "N", "Start", "Status"])
        lines.writerows(map(_printed, records))


_DESCRIPTION = """
title = "A table to measure with"
file = "table.csv"
published = 2026-10-01
id_column = "Trial"
[columns."Title"]
says = ["brief_title"]
[columns."Phase and masking"]
says = ["phases", "masking"]
[columns."N"]
says = ["enrollment"]
[columns."Start"]
says = ["start_date"]
[columns."Status"]
says = ["overall_status"]
"""


def _printed(record: bytes) -> list[str]:
    protocol = json.loads(record)["protocolSection"]
    design, status = protocol.get("designModule", {}), protocol["statusModule"]
    phases = "/".join(
        phase.replace("PHASE", "Phase ") for phase in design.get("phases", []) if phase != "NA"
    )
    masking = design.get("designInfo", {}).get("maskingInfo", {}).get("masking", "").title()
    return [
        protocol["identificationModule"]["nctId"],
        protocol["identificationModule"].get("briefTitle", ""),
        f"{phases} {masking}".strip(),
        str(design.get("enrollmentInfo", {}).get("count", "")),
        status.get("startDateStruct", {}).get("date", ""),
        status["overallStatus"].replace("_", " ").capitalize(),
    ]
