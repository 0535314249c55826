"""A year of nights in which the tables are edited while the registry moves: nothing is reported twice, nothing false."""

import json
import re
from collections import Counter
from datetime import timedelta

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.cli.options import Time
from tests.run.edited_review import FIRST_DAY, NOT_CHECKED, Life, Oracle


class Nights:
    """One run each night, and what it reports."""

    def __init__(self, url):
        self.url, self.night, self.ticks = url, -1, 0

    def clock(self):
        self.ticks += 1
        return (FIRST_DAY + timedelta(days=self.night, seconds=self.ticks)).isoformat(
            timespec="seconds"
        )

    def run(self):
        self.night += 1
        time = Time(clock=self.clock, sleep=lambda seconds: None)
        result = CliRunner().invoke(
            main,
            ["sync", "-q", "--exit-code", "--no-history", "--pace", "0", "--registry", self.url],
            obj=time,
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    @staticmethod
    def report(*options):
        result = CliRunner().invoke(main, ["report", *options])
        assert result.exit_code == 0, result.output
        return result.output


class Night:
    """What one night must hold, against what the oracle expects."""

    def __init__(self, life, oracle, expected, objects):
        self.life, self.model, self.expected = life, oracle.model, expected
        self.by_kind = {}
        for content in objects:
            self.by_kind.setdefault(content["what"], []).append(content)
        self.news = self.by_kind.get("news", [])
        self.stems = {table.key: table.stem for table in life.tables}
        self.titles = {table.key: table.title for table in life.tables}

    def check(self):
        self._changes()
        self._edits()
        self._differences()
        self._verdicts()
        for table in self.life.tables:
            self._log(table)

    def _sentences(self, beginning):
        return [
            (event["nct_id"], event["sentence"])
            for event in self.news
            if not event["changes"] and beginning in event["sentence"]
        ]

    def _changes(self):
        """What the registry did: each change once, with both values."""
        found = Counter(
            (event["nct_id"], change["field"]) for event in self.news for change in event["changes"]
        )
        assert found == Counter((nct_id, name) for nct_id, name, _, _ in self.expected.changes)
        values = {
            (event["nct_id"], change["field"], change["before"], change["after"])
            for event in self.news
            for change in event["changes"]
            if change["field"] != "record"
        }
        assert values == {change for change in self.expected.changes if change[1] != "record"}

    def _edits(self):
        edits = self._sentences("was edited")
        found = Counter()
        for nct_id, sentence in edits:
            column, before, after = re.search(
                r"(?:\)|edited): (.+?) (“.*?”|\(empty\)) is now (“.*?”|\(empty\))", sentence
            ).groups()
            unquoted = [text.strip("“”").replace("(empty)", "") for text in (before, after)]
            found[nct_id, column, *unquoted] += 1
        assert found == self.expected.edits
        removed = Counter(
            (nct_id, re.search(r"“(.*?)”", sentence)[1])
            for nct_id, sentence in self._sentences("no longer in")
            + self._sentences("row was removed")
        )
        assert removed == Counter(
            {
                (nct_id, self.titles[key]): n
                for (nct_id, key), n in self.expected.removed_rows.items()
            }
        )
        for nct_id, sentence in self._sentences("no longer followed there"):
            table = next(t for t in self.life.tables if f"“{t.title}”" in sentence)
            assert not nct_id or nct_id not in table.ids, sentence
        assert Counter(nct_id for nct_id, _ in self._sentences("new in ")) == Counter(
            {nct_id: n for (nct_id, _), n in self.expected.arrivals.items()}
        ) or {nct_id for nct_id, _ in self._sentences("new in ")} == {
            i for i, _ in self.expected.arrivals
        }
        assert len(self._sentences("no longer has the column")) == self.expected.columns.total()
        assert len(self._sentences("is no longer there")) == self.expected.tables.total()

    def _differences(self):
        found = Counter(
            (nct_id, field)
            for nct_id, sentence in self._sentences("differs from the table")
            + self._sentences("differs in the new row")
            for name, field in (
                ("enrol", "enrollment"),
                ("status", "overall_status"),
                ("number of part", "enrollment"),
            )
            if name in sentence.split("differs")[0].lower()
        )
        assert found == Counter((nct_id, name) for _, nct_id, name, *_ in self.expected.differences)

    def _verdicts(self):
        found = {
            (item["table"], item["row"], item["column"]): item["verdict"]
            for item in self.by_kind.get("comparison", [])
        }
        wanted = {}
        for table in self.life.tables:
            for position, row in enumerate(table.rows, 1):
                for kind in table.says:
                    verdict = self.expected.verdicts.get((table.key, row.key, kind))
                    if verdict and (verdict != NOT_CHECKED or row.cells[kind]):
                        wanted[table.stem, position, table.columns[kind]] = verdict
        compared = {key: verdict for key, verdict in found.items() if key in wanted}
        assert compared == wanted

    def _log(self, table):
        """Each number of the paragraph is true of this table."""
        text = next(item["log"] for item in self.by_kind["table"] if item["table"] == table.stem)
        records = {self.model.resolve(nct_id) or nct_id for nct_id in table.ids}
        changed = {nct_id for nct_id, *_ in self.expected.changes if nct_id in records}
        in_stated = {
            nct_id
            for nct_id, name, *_ in self.expected.changes
            if nct_id in records and name in table.says.values()
        }
        match = re.search(
            r"(\d+) trials? changed.*?, (\d+|none) in a field that the table states", text
        )
        assert (int(match[1]) if match else 0) == len(changed), text
        if match:
            assert (0 if match[2] == "none" else int(match[2])) == len(in_stated), text
        cells = re.search(r"(\d+) cells? (?:is|are) newly out of date", text)
        assert (int(cells[1]) if cells else 0) == len(self.expected.newly_out_of_date[table.key]), (
            text
        )
        number = len(table.ids)
        assert f"all {number} registered trials" in text or number < 2, text
        gone = {nct_id for nct_id in table.ids if self.model.resolve(nct_id) is None}
        absent = re.search(r"has no record of (.*)\.$", text)
        named = set(re.findall(r"NCT\d{8}", absent[1])) if absent else set()
        assert named == gone, text


def entries_of(feed):
    """Each entry of a feed by its id; no id comes twice."""
    entries = re.findall(r"<entry>\s*<id>(.*?)</id>(.*?)</entry>", feed, re.DOTALL)
    assert len(entries) == len(dict(entries))
    return dict(entries)


class Year:
    """Nights of one life, each held against its oracle."""

    def __init__(self, folder, seed):
        (folder / "data").mkdir()
        self.life = Life(seed, folder / "data")
        self.life.write()
        self.oracle = Oracle(self.life.model)
        self.runs = Nights(self.life.standin.url)
        self.entries = set()

    def first_night(self):
        self.oracle.night(self.life.tables, None)
        assert self.runs.run().exit_code == 10
        self.entries |= entries_of(self.runs.report("--format", "atom")).keys()

    def next_night(self):
        self.life.night()
        expected = self.oracle.night(self.life.tables, self.life.held)
        result = self.runs.run()
        objects = [json.loads(line) for line in self.runs.report("--format", "json").splitlines()]
        try:
            Night(self.life, self.oracle, expected, objects).check()
            self._check_run(result, expected)
            self._check_feed(expected)
        except AssertionError as error:
            found = (f"{it['nct_id']} {it['sentence']}" for it in objects if it["what"] == "news")
            story = [f"night {self.runs.night}: {'; '.join(self.life.acts)}", *found]
            raise AssertionError(
                "\n".join([*story, str(expected), result.output, str(error)])
            ) from error

    @staticmethod
    def _check_run(result, expected):
        assert result.exit_code == (10 if expected.is_news else 0)
        assert bool(result.output) == expected.is_news

    def _check_feed(self, expected):
        """An entry for each trial with news tonight, one for the tables, and none that was there before."""
        new = entries_of(self.runs.report("--format", "atom", "--since", "last")).keys()
        acts = (*expected.edits, *expected.removed_rows)
        is_about_tables = bool(
            expected.columns or expected.tables or any(not nct_id for nct_id, *_ in acts)
        )
        assert not new & self.entries
        assert len(new) == len(expected.trials) + is_about_tables
        self.entries |= new

    def last_feed(self):
        """The feed of the whole year holds nothing that no night's feed held."""
        feed = entries_of(self.runs.report("--format", "atom"))
        assert not {entry for nct_id, entry in feed.items() if nct_id not in self.entries}


def live(folder, seed, nights):
    year = Year(folder, seed)
    with year.life.standin:
        year.first_night()
        for _ in range(nights - 1):
            year.next_night()
        year.last_feed()


@pytest.mark.parametrize("seed", range(1))
def test_nothing_is_reported_twice_or_falsely_in_a_month_of_edits(tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    live(tmp_path, seed, 30)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_reported_twice_or_falsely_in_a_year_of_edits(tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    live(tmp_path, seed, 250)
