"""An invented table and what an invented registry told of it on three days: the ledger behind the golden files."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from enrich.cache import Cache
from enrich.registry import Registry
from enrich.store import Store
from enrich.sync import sync
from enrich.table import read_table
from tests.standin import StandIn, Study, put

TABLE = """\
title = "Table 2. Trials of moonlight in insomnia"
citation = "Invented A, Made-Up B. Light at night. J Nowhere 2025;1:1-9"
url = "https://example.org/moonlight"
file = "moonlight.csv"
published = 2025-03-01
id_column = "Trial"

[columns."Phase and design"]
says = ["phases", "masking"]

[columns."N"]
says = ["enrollment"]

[columns."Status"]
says = ["overall_status"]
"""

CSV = """\
Trial,Light,Phase and design,N,Status
NCT90000001,full moon,"Phase 2, double blind",40,Recruiting
NCT90000002,half moon,"Phase 1, open label",20,Recruiting
NCT90000003,new moon,Phase 3,120,Completed
NCT90000004,crescent,"Phase 2, open label",60,Not yet recruiting
,lamp,case report,1,
NCT90000005,full moon,"Phase 2/3, single blind",300,Recruiting
"""

DAYS = ("2026-11-18T07:00:00+00:00", "2026-11-20T07:00:00+00:00", "2026-11-22T07:00:00+00:00")


def study(
    number: int, title: str, *, status: str, planned: int, start: str, completion: str, masking: str = "NONE", phases: tuple[str, ...] = ("PHASE2",)
) -> Study:
    """An invented record."""
    made: Study = {}
    protocol = "protocolSection."
    put(made, protocol + "identificationModule", {"nctId": f"NCT{number}", "briefTitle": title})
    dates = {"startDateStruct": {"date": start, "type": "ACTUAL"}, "completionDateStruct": {"date": completion, "type": "ESTIMATED"}}
    put(made, protocol + "statusModule", {"overallStatus": status, **dates, "lastUpdatePostDateStruct": {"date": "2025-02-01", "type": "ACTUAL"}})
    put(made, protocol + "designModule.studyType", "INTERVENTIONAL")
    put(made, protocol + "designModule.phases", list(phases))
    put(made, protocol + "designModule.designInfo.maskingInfo.masking", masking)
    put(made, protocol + "designModule.enrollmentInfo", {"count": planned, "type": "ESTIMATED"})
    put(made, protocol + "outcomesModule.primaryOutcomes", [{"measure": "Hours slept", "timeFrame": "4 weeks"}])
    put(made, protocol + "contactsLocationsModule.locations", [{"facility": "Clinic by the Sea", "city": "Nowhere", "country": "Atlantis"}])
    made["hasResults"] = False
    return made


def studies() -> list[Study]:
    return [
        study(90000001, "Full Moon for Sleep", status="RECRUITING", planned=40, start="2024-01-15", completion="2026-06", masking="DOUBLE"),
        study(90000002, "Half Moon for Sleep", status="RECRUITING", planned=20, start="2023-05", completion="2025-12", phases=("PHASE1",)),
        study(90000003, "New Moon for Sleep", status="COMPLETED", planned=120, start="2020-02-01", completion="2022-08-30", phases=("PHASE3",)),
        study(90000004, "Crescent for Sleep", status="NOT_YET_RECRUITING", planned=60, start="2026-01", completion="2028-01"),
        study(
            90000005, "Moon for All", status="RECRUITING", planned=300, start="2022-10-01", completion="2027-03", masking="SINGLE", phases=("PHASE2", "PHASE3")
        ),
    ]


def _updated(day: str, **facts: object) -> Callable[[Study], None]:
    """An edit that writes *facts* (module__key, with dots as double underscores) and moves the date of the last update."""

    def edit(study: Study) -> None:
        put(study, "protocolSection.statusModule.lastUpdatePostDateStruct.date", day)
        for path, value in facts.items():
            put(study, "protocolSection." + path.replace("__", "."), copy.deepcopy(value))

    return edit


def second_day(registry: StandIn) -> None:
    """A slip, a stop and a new site."""
    registry.change("NCT90000001", _updated("2026-11-19", statusModule__completionDateStruct={"date": "2027-02", "type": "ESTIMATED"}))
    registry.change(
        "NCT90000002",
        _updated(
            "2026-11-19",
            statusModule__overallStatus="TERMINATED",
            statusModule__whyStopped="Too many clouds",
            statusModule__completionDateStruct={"date": "2025-11-03", "type": "ACTUAL"},
            designModule__enrollmentInfo={"count": 12, "type": "ACTUAL"},
        ),
    )
    sites = [{"facility": name, "city": "Nowhere", "country": "Atlantis"} for name in ("Clinic by the Sea", "Clinic on the Hill")]
    registry.change("NCT90000005", _updated("2026-11-19", contactsLocationsModule__locations=sites))


def third_day(registry: StandIn) -> None:
    """Another slip, a beginning, results, a removal."""
    registry.change("NCT90000001", _updated("2026-11-21", statusModule__completionDateStruct={"date": "2027-11", "type": "ESTIMATED"}))
    registry.change(
        "NCT90000004",
        _updated("2026-11-21", statusModule__overallStatus="RECRUITING", designModule__enrollmentInfo={"count": 66, "type": "ESTIMATED"}),
    )

    def post_results(study: Study) -> None:
        study["hasResults"] = True
        _updated("2026-11-21", statusModule__resultsFirstPostDateStruct={"date": "2026-11-21", "type": "ACTUAL"})(study)

    registry.change("NCT90000003", post_results)
    registry.remove("NCT90000005")


@contextmanager
def ledger(
    folder: Path,
    *,
    table: str = TABLE,
    cells: str = CSV,
    given: list[Study] | None = None,
    nights: tuple[Callable[[StandIn], None], ...] = (second_day, third_day),
) -> Iterator[Store]:
    """The database after a run on each day: the first over *given* records, one more after each of *nights*."""
    (folder / "moonlight.toml").write_text(table, encoding="utf-8")
    (folder / "moonlight.csv").write_text(cells, encoding="utf-8")
    store = Store(folder / "trials.db")
    with StandIn(studies() if given is None else given, loaded="2026-11-17T09:00:00") as registry:
        for day, night in zip(DAYS, (lambda registry: None, *nights), strict=False):
            night(registry)
            registry.next_load()
            ticks = count()
            asks = Registry(registry.url, pace=0)
            sync(
                [read_table(folder / "moonlight.toml")],
                asks,
                store,
                Cache(folder / "cache"),
                now=lambda day=day, ticks=ticks: f"{day[:17]}{next(ticks) % 60:02}+00:00",
            )
    yield store
    store.close()
