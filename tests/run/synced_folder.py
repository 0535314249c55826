"""A database and a cache that are brought up to date as often as a test likes, from a registry on loopback."""

from enrich.models import Column, Row, Table
from enrich.registry.client import Registry
from enrich.run.context import RunSettings
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from tests.fixtures.registry_server.loads import next_load_time
from tests.fixtures.studies import nct


def ids_of(*numbers):
    return tuple(map(nct, numbers))


def table_of(*ids, name="t", cell="Phase 2"):
    """A table that prints these ids, one a row, and the same phase for each."""
    rows = tuple(
        Row(position, {"NCT ID": nct_id, "Phase": cell}, (nct_id,), "2021-02-14")
        for position, nct_id in enumerate(ids, 1)
    )
    return Table(
        name=name,
        title=name,
        file=f"{name}.csv",
        id_column="NCT ID",
        header=("NCT ID", "Phase"),
        columns=(Column("Phase", ("phases",)),),
        rows=rows,
    )


_CONTENT = {
    "facts": "nct_id, brief_title, overall_status, enrollment, data_timestamp, stale_since, gone_since from trials order by nct_id",
    "versions": "nct_id, version, digest, study from versions order by 1, 2",
    "answers": "nct_id, trial_id, answer, load, outcome from answers order by 1",
    "changes": "nct_id, version, field, before, after, kind from changes order by 1, 2, 3",
    "comparisons": "row_id, nct_id, field, claim, registry, verdict from comparisons order by 1, 2",
}


class SyncedFolder:
    """A database and a cache in *folder*, brought up to date from *registry* on the working day after its load, a minute later at each run."""

    def __init__(self, folder, registry, *, batch_size=None):
        self.folder = folder
        self.url = registry.url
        self.registry = registry
        self.settings = RunSettings(batch_size=batch_size) if batch_size else RunSettings()
        self.minute = 0

    def now(self):
        today = next_load_time(self.registry.loaded)[:10]  # the registry may be reloaded meanwhile
        return f"{today}T10:{self.minute:02}:00+00:00"

    def report(self, *tables, offline=False, on_progress=lambda done, total: None):
        """The report of one more run."""
        self.minute += 1
        registry = Registry(self.url, pace=0, sleep=lambda seconds: None)
        database = Database(self.folder / "trials.db")
        try:
            run_id = sync(
                tables,
                None if offline else registry,
                database,
                Cache(self.folder / "cache"),
                clock=self.now,
                on_progress=on_progress,
                settings=self.settings,
            )
            return read_report(database, run_id)
        finally:
            database.close()

    def run(self, *tables, offline=False):
        """How one more run went; its counts always add up."""
        run = self.report(*tables, offline=offline).run
        assert run.asked == run.changed + run.unchanged + run.new + run.gone + run.not_checked
        return run

    def rows(self, sql, *parameters):
        database = Database(self.folder / "trials.db")
        try:
            return [tuple(row.values()) for row in database.fetch_dicts(sql, *parameters)]
        finally:
            database.close()

    def count(self, table):
        return self.rows(f"select count(*) from {table}")[0][0]

    def content(self):
        """All that is known, but for when it was found out."""
        return {name: self.rows(f"select {what}") for name, what in _CONTENT.items()}
