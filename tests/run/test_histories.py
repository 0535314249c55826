"""Histories are read trial by trial, as many as a run may ask for; later runs read the rest, and nothing wrong is said meanwhile."""

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.cli.options import Time
from enrich.models import Cause, Column, Row, Table, Verdict
from enrich.registry.client import Registry
from enrich.registry.history import POSTPONED, History
from enrich.reports import plain_text
from enrich.reports.content.account import histories_left
from enrich.reports.rendering import RenderContext
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.open_histories import read_open_histories
from enrich.storage.report_query import read_report
from tests.fixtures import registry_server as standin
from tests.fixtures.studies import nct, study

DESIGN = ["Study Status", "Study Design"]
DAYS = ("2020-07-01", "2021-08-01", "2022-09-01", "2024-01-10")
TRIALS = range(1, 7)


def version(number, day, enrollment):
    return study(number, enrollment=enrollment, last_update_submitted=day, last_update_posted=day)


def history(number):
    """A record that had ten participants, and has twenty since 2022."""
    counts = (10, 10, 20, 20)
    return standin.History(
        [
            (day, DESIGN if place else [], version(number, day, count))
            for place, (day, count) in enumerate(zip(DAYS, counts, strict=True))
        ]
    )


def table(*numbers, name="t"):
    rows = tuple(
        Row(at, {"NCT ID": nct(number), "N": "10"}, (nct(number),), "2021-02-14")
        for at, number in enumerate(numbers, 1)
    )
    return Table(
        name=name,
        title=name,
        file=f"{name}.csv",
        id_column="NCT ID",
        header=("NCT ID", "N"),
        columns=(Column("N", ("enrollment",)),),
        rows=rows,
    )


class Nights:
    """Runs over one database, each with a new load and so many requests for histories."""

    def __init__(self, folder):
        self.folder, self.number = folder, 0
        self.registry = standin.StandInRegistry(
            [version(number, DAYS[-1], 20) for number in TRIALS],
            loaded="2026-11-16T09:00:06",
            histories={nct(number): history(number) for number in TRIALS},
        )

    def run(self, *tables, budget, offline=False, traced=True):
        """The report of one more run; `asked` are the ids whose history it asked for."""
        self.number += 1
        now = f"2026-11-16T1{self.number}:00:00+00:00"
        self.registry.requests.clear()
        registry = Registry(self.registry.url, pace=0, sleep=lambda seconds: None)
        if offline:
            registry = None
        reader = History(registry, self.folder / "cache" / "history", lambda: now, budget)
        self.progress = []
        database = Database(self.folder / "trials.db")
        try:
            run_id = sync(
                tables,
                registry,
                database,
                Cache(self.folder / "cache"),
                reader if traced else None,
                clock=lambda: now,
                on_history=lambda done, total: self.progress.append((done, total)),
            )
            self.open = read_open_histories(database)
            return read_report(database, run_id)
        finally:
            database.close()

    @property
    def asked(self):
        paths = [request.path for request in self.registry.requests if "/int/" in request.path]
        return [path.split("/")[4] for path in paths]


@pytest.fixture
def nights(tmp_path):
    nights = Nights(tmp_path)
    with nights.registry:
        yield nights


def causes(report):
    return {
        comparison.nct_id: comparison.cause
        for table in report.tables
        for row in table.rows
        for comparison in row.comparisons
        if comparison.verdict == Verdict.DIFFERS
    }


def evidence(report):
    return {
        comparison.evidence
        for table in report.tables
        for row in table.rows
        for comparison in row.comparisons
        if comparison.cause == Cause.UNKNOWN
    }


def test_a_run_sends_no_more_requests_than_its_budget_and_the_next_ones_go_on(nights, tmp_path):
    everything = table(*TRIALS)
    found = []
    for _ in range(20):
        report = nights.run(everything, budget=4)
        found.append((len(nights.asked), report.histories_left))
        if not report.histories_left:
            break
    requests = [requests for requests, _ in found]
    assert requests[:-1] == [4] * (len(found) - 1)
    assert 0 < requests[-1] <= 4
    assert [left for _, left in found] == sorted((left for _, left in found), reverse=True)
    unbounded = Nights(tmp_path / "unbounded")
    with unbounded.registry:
        at_once = unbounded.run(everything, budget=None)
        assert len(unbounded.asked) == sum(requests)  # nothing is asked twice
    assert causes(report) == causes(at_once) == dict.fromkeys(map(nct, TRIALS), Cause.MOVED)


def test_what_is_postponed_is_unknown_with_its_reason_until_it_is_read(nights):
    report = nights.run(table(*TRIALS), budget=0)
    assert nights.asked == []
    assert {*causes(report).values()} == {Cause.UNKNOWN}
    assert evidence(report) == {f"Cause unknown: {POSTPONED}."}
    assert report.histories_left == len(TRIALS)


def test_the_account_of_the_run_names_what_is_left(nights):
    report = nights.run(table(*TRIALS), budget=0)
    (sentence,) = histories_left(report)
    assert "for 6 trials" in sentence
    assert "for 6 trials" in plain_text.render(RenderContext.of(report))
    done = nights.run(table(*TRIALS), budget=100)
    assert histories_left(done) == []


def test_a_history_is_read_to_its_end_before_the_next_is_begun(nights):
    nights.run(table(*TRIALS), budget=None)
    asked = nights.asked
    assert asked == sorted(asked, key=list(dict.fromkeys(asked)).index)
    assert nights.progress[0] == (0, 6)
    assert nights.progress[-1] == (6, 6)


def test_those_that_wait_longest_are_read_first(nights):
    nights.run(table(4, 5, 6), budget=0)
    nights.run(table(*TRIALS), budget=0)
    nights.run(table(*TRIALS), budget=None)
    assert list(dict.fromkeys(nights.asked)) == [nct(number) for number in (4, 5, 6, 1, 2, 3)]


@pytest.mark.parametrize("how", [{"offline": True}, {"traced": False}], ids=["offline", "untraced"])
def test_a_run_that_asks_no_history_leaves_what_waits(nights, how):
    nights.run(table(4, 5), budget=0)
    nights.run(table(4, 5), budget=50, **how)
    assert nights.open == [nct(4), nct(5)]


def test_a_trial_of_another_table_waits_until_its_table_is_read(nights):
    first, second = table(1, 2, name="a"), table(3, 4, name="b")
    nights.run(first, second, budget=0)
    report = nights.run(first, budget=None)
    assert nights.open == [nct(3), nct(4)]
    assert report.histories_left == 0
    nights.run(first, second, budget=None)
    assert nights.open == []


def test_a_trial_that_left_all_tables_is_not_waited_for(nights):
    nights.run(table(1, 2, 3, 4), budget=0)
    nights.run(table(1, 2, 3), budget=0)
    assert nights.open == [nct(1), nct(2), nct(3)]


def test_a_history_that_the_registry_failed_to_give_keeps_its_place(nights):
    nights.run(table(4, 5), budget=0)
    nights.registry.fail("403-html", on="history", times=None)
    nights.run(table(4, 5), budget=50)
    assert nights.open == [nct(4), nct(5)]
    nights.registry.heal()
    nights.run(table(4, 5), budget=50)
    assert nights.open == []


def test_the_command_sends_fifty_requests_unless_told_otherwise(nights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENRICH_REGISTRY", nights.registry.url)
    rows = "".join(f"{nct(number)},10,2021-02-14\n" for number in TRIALS)
    (tmp_path / "t.csv").write_text(f"NCT ID,N,Seen\n{rows}")
    (tmp_path / "t.toml").write_text(
        'title = "T"\nfile = "t.csv"\nid_column = "NCT ID"\naccessed_column = "Seen"\n'
        '[columns.N]\nsays = ["enrollment"]\n'
    )
    time = Time(clock=lambda: "2026-11-16T12:00:00+00:00", sleep=lambda seconds: None)

    def run(*options):
        nights.registry.requests.clear()
        result = CliRunner().invoke(main, ["sync", "--table", "t.toml", *options], obj=time)
        assert result.exit_code == 0, result.output
        return result.output

    assert "for 5 trials" in run("--history-budget", "5")
    assert len(nights.asked) == 5
    assert "still to be found" not in run()
    assert 0 < len(nights.asked) <= 50
