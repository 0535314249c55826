"""A real search, replayed night by night: every newcomer once, every departure named, silence otherwise."""

import math
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest

from enrich.search.candidates import candidate_of
from enrich.search.memory import basis_of
from tests.fixtures.corpus import needs_corpus
from tests.fixtures.cron_job import CronJob
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.search_nights import FILE, pass_night, read_nights

pytestmark = [
    *needs_corpus,
    pytest.mark.skipif(not FILE.exists(), reason=f"no daily answers at {FILE}"),
]
LISTED, EXCLUDED = 4, 60


class Review:
    """A table of the first trials that matched, which excludes the next ones on its third night."""

    def __init__(self, folder, registry, first):
        ids = sorted(first.matching)
        self.listed, self.excluded = ids[:LISTED], ids[LISTED : LISTED + EXCLUDED]
        self.job = CronJob(folder, registry.url, 0)
        lines = "".join(f"{nct_id},20,Phase II\n" for nct_id in self.listed)
        (folder / "review.csv").write_text(f"Trial,N,Phase\n{lines}", encoding="utf-8")
        description = self.job.table.read_text(encoding="utf-8")
        description = description.replace("2026-02-01", "2020-02-01")
        description += '[search]\nquery.cond = "COVID-19"\n[notify]\nfields = ["overall_status"]\n'
        description += 'status = ["Withdrawn"]\ndifferences = false\n'
        self.job.table.write_text(description, encoding="utf-8")

    def run(self, night):
        self.job.day = datetime.fromisoformat(f"{night.day}T20:00:00+00:00")
        result = self.job.run("--no-history")
        assert result.exit_code == 0, result.output
        return result.stdout

    def exclude(self):
        lines = "".join(f"{nct_id},exclude,not a drug,AB,2020-04-08\n" for nct_id in self.excluded)
        path = self.job.folder / "review.decisions.csv"
        path.write_text(f"nct_id,decision,reason,by,day\n{lines}", encoding="utf-8")

    def rows(self, sql):
        with closing(sqlite3.connect(self.job.folder / "trials.db")) as db:
            return db.execute(sql).fetchall()


@pytest.mark.parametrize(
    "most", [12, pytest.param(None, marks=pytest.mark.long)], ids=["12 nights", "all nights"]
)
def test_every_newcomer_and_every_departure_of_a_real_search_is_reported_once(tmp_path, most):
    with StandInRegistry([]) as registry:
        replay = _Replay(tmp_path, registry)
        for night in read_nights(most):
            replay.pass_night(night)
        assert replay.number == (most or 117)
        assert replay.newcomers > 100
        replay.check_memory()


class _Replay:
    """What the nights should bring, worked out from the answers alone."""

    def __init__(self, folder, registry):
        self.folder, self.registry = folder, registry
        self.number = self.newcomers = 0
        self.seen, self.before = set(), frozenset()
        self.bases, self.decided = {}, {}

    def pass_night(self, night):
        self.number += 1
        pass_night(self.registry, night)
        if self.number == 1:
            self.review = Review(self.folder, self.registry, night)
        if self.number == 3:
            self.review.exclude()  # by the facts of the night before
            self.decided = {nct_id: self.bases[nct_id] for nct_id in self.review.excluded}
        self.registry.requests.clear()
        printed = self.review.run(night)
        expected = self._expected(night)
        if self.number > 1:
            self._check(night, expected, printed)
        self.seen |= night.matching
        self.before = night.matching

    def _expected(self, night):
        """The events of the night, by kind."""
        excluded = {*self.review.excluded} if self.number >= 3 else set()
        for nct_id, record in night.records.items():
            self.bases[nct_id] = basis_of(candidate_of(record))
        changed = set()
        for nct_id in excluded & night.matching:
            if self.decided[nct_id] != self.bases[nct_id]:
                changed.add(nct_id)
                self.decided[nct_id] = self.bases[nct_id]
        back = (night.matching - self.before) & self.seen
        waiting = {nct_id for nct_id in back if nct_id not in self.review.listed}
        return {
            "new": night.matching - self.seen,
            "left": self.before - night.matching,
            "returned": {
                nct_id for nct_id in waiting if nct_id not in excluded or nct_id in self.reopened
            },
            "changed": changed,
        }

    @property
    def reopened(self):
        return {
            nct_id
            for (nct_id,) in self.review.rows("select nct_id from hits where reopened is not null")
        }

    def _check(self, night, expected, printed):
        found = {kind: set() for kind in expected}
        run = "(select max(id) from runs)"
        sql = f"select kind, nct_id, detail from search_events where run_id = {run}"
        for kind, nct_id, detail in self.review.rows(sql):
            assert nct_id not in found[kind], (night.day, kind, nct_id)
            found[kind].add(nct_id)
            assert "no longer has" not in detail and "merged" not in detail
        assert found == expected, night.day
        assert bool(printed) is any(expected.values()), (night.day, printed)
        self._check_text(expected, printed)
        self._check_requests(night, expected)
        self.newcomers += len(expected["new"])

    def _check_text(self, expected, printed):
        words = " ".join(printed.split())
        if number := len(expected["new"]):
            assert f"{number} new trial" in words
        if len(expected["left"]) == 1 and not (expected["changed"] or expected["returned"]):
            assert f"{next(iter(expected['left']))} “" in words and " left the search of " in words
        assert "removed" not in words

    def _check_requests(self, night, expected):
        kinds = [request.kind for request in self.registry.requests]
        assert kinds.count("gate") == 1
        pages = 1 + len(night.matching) // 1000  # one more, empty, where the last page is full
        assert kinds.count("search") + kinds.count("page") == pages
        assert kinds.count("batch") == 1 + math.ceil(len(expected["left"]) / 100)
        assert kinds.count("single") == 0

    def check_memory(self):
        states = dict(self.review.rows("select nct_id, state from hits where left_at is null"))
        assert states.keys() == self.before
        reopened = self.reopened
        for nct_id in self.review.excluded:
            if nct_id in states:
                assert states[nct_id] == ("new" if nct_id in reopened else "excluded")
        reasons = self.review.rows("select count(*) from hits where reason = 'not a drug'")
        assert reasons == [(EXCLUDED,)]
