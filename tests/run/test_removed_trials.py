"""A record that was removed or merged is so in every view, report and export, from the day it was noticed."""

import csv
import json
import sqlite3
import warnings
import zipfile
from contextlib import closing

import pytest
from click.testing import CliRunner

from enrich import export, reports
from enrich.cli import main
from enrich.cli.options import Time
from enrich.site.queries import QUERIES
from enrich.storage.schema.views import published_name
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.studies import nct, study

NOTICED = "2026-03-02"
REMOVED, MERGED, INTO, STAYS = (nct(number) for number in (1, 2, 9, 3))
DESCRIPTION = """\
title = "Table 2. Trials of moonlight"
file = "moon.csv"
published = 2026-01-01
id_column = "Trial"
[columns."N"]
says = ["enrollment"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs: between them one recruiting trial is removed, and one merged into a completed one."""
    folder = tmp_path_factory.mktemp("removed")
    (folder / "data").mkdir()
    (folder / "data" / "moon.toml").write_text(DESCRIPTION)
    with (folder / "data" / "moon.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["Trial", "N"], [REMOVED, "14"], [MERGED, "102"], [STAYS, "103"]]
        )
    studies = [
        study(number, enrollment=100 + number, overall_status=status, brief_title=f"Trial number {number}",
              completion_date="2027-06", completion_date_type="ESTIMATED")
        for number, status in ((1, "RECRUITING"), (2, "RECRUITING"), (3, "COMPLETED"), (9, "COMPLETED"))
    ]  # fmt: skip
    with StandInRegistry(studies, loaded="2026-03-01T04:00:00") as registry:
        for day in ("2026-03-01", NOTICED):
            time = Time(lambda day=day: f"{day}T06:00:00+00:00", lambda seconds: None)
            options = ["--db", folder / "data" / "trials.db", "--cache", folder / "cache",
                       "--table", folder / "data" / "moon.toml", "--registry", registry.url, "--pace", "0"]  # fmt: skip
            result = CliRunner().invoke(main, ["sync", *map(str, options)], obj=time)
            assert result.exit_code == 0, result.output
            if day != NOTICED:
                registry.remove(REMOVED)
                registry.merge(MERGED, INTO)
                registry.next_load()
    return folder


@pytest.fixture
def db(folder):
    with closing(sqlite3.connect(folder / "data" / "trials.db")) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def rows_about(db, sql, nct_id, parameters=()):
    rows = [dict(row) for row in db.execute(sql, parameters)]
    return [row for row in rows if nct_id in (row.get("nct_id"), row.get("trial"))]


def views(db):
    return [name for (name,) in db.execute("select name from sqlite_master where type = 'view'")]


def test_no_view_says_that_a_removed_or_merged_trial_recruits(db):
    for view in views(db):
        for nct_id in (REMOVED, MERGED):
            for row in rows_about(db, f'select * from "{view}"', nct_id):
                is_history = view == "trial_versions" and row["valid_to"] == NOTICED
                assert is_history or "RECRUITING" not in row.values(), (view, row)


def test_the_views_say_removed_and_merged(db):
    (removed,) = rows_about(db, "select * from merged", REMOVED)
    assert removed["status"] == "removed" and removed["gone_since"][:10] == NOTICED
    (merged,) = rows_about(db, "select * from merged", MERGED)
    assert (merged["status"], merged["merged_into"]) == ("COMPLETED", INTO)
    statuses = dict(db.execute("select nct_id, current_status from trials").fetchall())
    assert statuses == {REMOVED: "REMOVED", MERGED: "MERGED", INTO: "COMPLETED", STAYS: "COMPLETED"}
    assert [row["nct_id"] for row in db.execute("select * from recruiting_now")] == []
    (published,) = rows_about(db, f"select * from {published_name('moon')}", REMOVED)
    assert published["enrollment: verdict"] == "not checked"


def as_of(day):
    return {**dict.fromkeys(QUERIES["as_of"].parameters, ""), "date": day}


def test_no_question_says_that_a_removed_or_merged_trial_recruits(db):
    db.create_function("json_pretty", 1, str)
    for name, query in QUERIES.items():
        names = dict.fromkeys(query.parameters, "")
        for nct_id in (REMOVED, MERGED):
            for row in rows_about(db, query.sql, nct_id, {**names, "date": NOTICED}):
                assert "RECRUITING" not in row.values(), (name, row)
    (row,) = rows_about(db, QUERIES["as_of"].sql, REMOVED, as_of(NOTICED))
    assert row["status"] == "removed"
    (row,) = rows_about(db, QUERIES["as_of"].sql, REMOVED, as_of("2026-03-01"))
    assert row["status"] == "RECRUITING"


def test_the_views_date_a_removal_by_the_day_on_which_it_was_noticed(db):
    (row,) = rows_about(db, "select * from recent_changes where field = 'record'", REMOVED)
    assert row["seen_on"] == NOTICED


def run(folder, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = CliRunner().invoke(main, [*arguments, "--db", str(folder / "data" / "trials.db")])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("name", [name for name in reports.FORMATS if name != "log"])
def test_every_report_says_removed_and_merged_and_none_that_they_recruit(folder, name):
    text = " ".join(run(folder, "report", "--format", name, "--all").split())
    if name == "json":
        rows = {
            row["nct_id"]: row
            for row in map(json.loads, run(folder, "report", "--format", name).splitlines())
            if row["what"] == "row"
        }
        assert rows[REMOVED]["answer"] == "gone" and rows[REMOVED]["gone_since"] == NOTICED
        assert rows[MERGED]["answer"] == "merged" and rows[MERGED]["trial_id"] == INTO
        return
    assert "ecruiting" not in text.replace("Started or stopped recruiting", "")
    assert "removed from ClinicalTrials.gov" in text or "no longer on ClinicalTrials.gov" in text
    assert f"{MERGED} was merged into this record" in text or f"merged into {INTO}" in text


@pytest.mark.parametrize("name", ["text", "html"])
def test_a_full_report_dates_a_removal(folder, name):
    text = " ".join(run(folder, "report", "--format", name, "--all").split())
    assert "first noticed on 2 March 2026" in text


def exported(folder, name, target):
    """The text of an export; of an office document that of all its parts."""
    if not export.FORMATS[name].needs_file:
        return run(folder, "export", "--format", name)
    pytest.importorskip({"xlsx": "xlsxwriter"}.get(name, "docx"))
    run(folder, "export", "--format", name, "--output", str(target))
    with zipfile.ZipFile(target) as parts:
        return "".join(
            parts.read(part).decode(errors="replace")
            for part in parts.namelist()
            if part.endswith(".xml")
        )


@pytest.mark.parametrize("name", export.FORMATS)
def test_no_export_says_that_a_removed_or_merged_trial_recruits(folder, name, tmp_path):
    assert "ecruiting" not in exported(folder, name, tmp_path / "table").replace(
        "Recruiting from", ""
    )
