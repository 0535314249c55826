"""Who runs, in which order, and what each is asked to do."""

import csv
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.measure import Failed, Taken, take
from tests.bench.standing import Registry

PEERS = Path(__file__).parent / "peers"
ENRICH = (sys.executable, "-m", "enrich")


@dataclass(frozen=True)
class Round:
    """One table of trials, the registry that has them, a fresh folder to work in, and the programs of the peers' environment."""

    registry: Registry
    folder: Path
    ids: tuple[str, ...]
    peers: Path | None


@dataclass(frozen=True)
class Contender:
    """*floor* is the name of the contender that it is measured against; *most* the largest table that it is asked for."""

    name: str
    run: Callable[[Round], Taken]
    floor: str | None
    most: int = 1_000_000


def _enrich(around: Round, *, expected: str) -> Taken:
    """A whole `enrich sync`; Failed unless its run tells *expected*."""
    command = [
        *ENRICH,
        "sync",
        "-q",
        "--pace",
        "0",
        "--no-history",
        "--registry",
        around.registry.url,
        "--table",
        "table.toml",
        "--db",
        "trials.db",
    ]
    taken = _counted(around, [*command, "--cache", "cache"])
    told = _last_run(around.folder / "trials.db")
    if told != expected:
        raise Failed(f"enrich counted {told}, not {expected}")
    return taken


def _counted(around: Round, command: Iterable[str]) -> Taken:
    around.registry.requests()
    taken = take([*map(str, command)], around.folder, env={"NO_PROXY": "*"})
    return replace(taken, requests=around.registry.requests())


def _last_run(db: Path) -> str:
    with sqlite3.connect(db) as connection:
        counts = connection.execute(
            "select new, changed, unchanged, gone, not_checked from runs order by id desc limit 1"
        ).fetchone()
    connection.close()
    return "{} new, {} changed, {} unchanged, {} gone, {} not checked".format(*counts)


def _first(around: Round) -> Taken:
    return _enrich(
        around, expected=f"{len(around.ids)} new, 0 changed, 0 unchanged, 0 gone, 0 not checked"
    )


def _not_reloaded(around: Round) -> Taken:
    return _enrich(
        around, expected=f"0 new, 0 changed, {len(around.ids)} unchanged, 0 gone, 0 not checked"
    )


def _after_a_night(share: float) -> Callable[[Round], Taken]:
    def run(around: Round) -> Taken:
        changed = around.registry.night(share)
        return _enrich(
            around,
            expected=f"0 new, {changed} changed, {len(around.ids) - changed} unchanged, 0 gone, 0 not checked",
        )

    return run


def _peer(script: str, *further: str) -> Callable[[Round], Taken]:
    """A program in the peers' environment; `{bin}` is where that has its programs, and a database of its own may be named."""

    def run(around: Round) -> Taken:
        if around.peers is None:
            raise Failed("no environment for the peers")
        arguments = [word.format(bin=around.peers) for word in further]
        return _counted(
            around,
            [
                str(around.peers / "python"),
                str(PEERS / script),
                around.registry.url,
                "ids.txt",
                *arguments,
            ],
        )

    return run


def _first_floor(around: Round) -> Taken:
    (around.folder / "floor.db").unlink(missing_ok=True)
    command = [sys.executable, str(PEERS / "floor.py"), around.registry.url, "ids.txt"]
    return _counted(around, [*command, "floor.db"])


def _fetch_floor(around: Round) -> Taken:
    return _counted(
        around, [sys.executable, str(PEERS / "floor.py"), around.registry.url, "ids.txt"]
    )


STORED, FETCHED = "floor: fetch, parse once, write raw rows", "floor: fetch and parse once"
FIRST, KNOWN, AGAIN = (
    "enrich sync, first load",
    "enrich sync, registry not reloaded",
    "enrich sync, reloaded, nothing changed",
)
PYTRIALS = "pytrials 1.0.0, fetch only"

# fmt: off
CONTENDERS = (
    Contender(STORED,                                      _first_floor, None),
    Contender(FETCHED,                                     _fetch_floor, None),
    Contender(FIRST,                                       _first, STORED),
    Contender(KNOWN,                                       _not_reloaded, FETCHED),
    Contender(AGAIN,                                       _after_a_night(0), FETCHED),
    Contender("enrich sync, reloaded, 1 % changed",        _after_a_night(0.01), FETCHED),
    Contender("enrich sync, reloaded, 10 % changed",       _after_a_night(0.1), FETCHED),
    Contender(PYTRIALS,                                    _peer("pytrials_fetch.py"), FETCHED),
    Contender("GET each + deepdiff + sqlite-utils, first load", _peer("typical_script.py", "typical.db"), STORED, most=1000),
    Contender("GET each + deepdiff + sqlite-utils, again, nothing changed", _peer("typical_script.py", "typical.db"), FETCHED, most=1000),
    Contender("biomcp-cli, fetch only",                    _peer("biomcp_fetch.py", "{bin}/biomcp"), FETCHED, most=1000),
)
# fmt: on


def rounds(
    contenders: Iterable[Contender], around: Round
) -> Iterator[tuple[Contender, Taken | str]]:
    """Each contender once, in turn, in one folder; in place of what it took, why it could not run."""
    lay_out(around)
    for contender in contenders:
        if len(around.ids) > contender.most:
            continue
        try:
            yield contender, contender.run(around)
        except (Failed, OSError) as error:
            yield contender, str(error)


def lay_out(around: Round) -> None:
    """The list of ids for the peers, and for us a published table that prints what the records said at first."""
    (around.folder / "ids.txt").write_text("\n".join(around.ids))
    (around.folder / "table.toml").write_text(_DESCRIPTION)
    with (around.folder / "table.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Trial", "Title", "Phase and masking", "N", "Start", "Status"])
        lines.writerows(map(_printed, around.registry.records(around.ids)))


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
