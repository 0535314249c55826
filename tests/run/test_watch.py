"""Sites near a watched place, night by night: what is reported, to whom, and how often."""

from contextlib import closing

import pytest

from enrich.models import Rank, Recipient
from enrich.reports.content.narrowing import narrowed
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from tests.fixtures.cron_job import CronJob, cron_study
from tests.fixtures.hostile_texts import ALL
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.rendered import rendered
from tests.fixtures.studies import nct, with_list

SITES = "protocolSection.contactsLocationsModule.locations"


def site(facility, city, latitude, longitude, status="RECRUITING", country="Netherlands"):
    point = {"lat": latitude, "lon": longitude}
    return {
        "facility": facility,
        "city": city,
        "country": country,
        "status": status,
        "geoPoint": point,
    }


UTRECHT = site("UMC Utrecht", "Utrecht", 52.09083, 5.12222, "NOT_YET_RECRUITING")
NIEUWEGEIN = site("Antonius Hospital", "Nieuwegein", 52.02917, 5.08056)
PARIS = site("Hôpital Cochin", "Paris", 48.85341, 2.3488, country="France")
PARIS_TEXAS = site("Paris Clinic", "Paris", 33.66, -95.56, country="United States")


class Nights:
    """A table of two trials that watches *near*, and the registry with their sites."""

    def __init__(self, folder, standin, near):
        self.registry, self.cron = standin, CronJob(folder, standin.url, 2)
        with self.cron.table.open("a", encoding="utf-8") as description:
            description.write(f"[watch]\nnear = {near}\nwithin_km = 20\n")
        self.first = self.cron.run()

    def sites(self, *sites, trial=1):
        self.registry.next_load()
        self.registry.change(nct(trial), lambda study: set_path(study, SITES, [*sites]))
        return self.cron.run("--exit-code")

    def report(self):
        with closing(Database(self.cron.folder / "trials.db")) as database:
            return read_report(database)


def registry():
    sites = [UTRECHT, PARIS, PARIS_TEXAS]
    return StandInRegistry([with_list(cron_study(1), SITES, sites), cron_study(2)])


@pytest.fixture
def nights(tmp_path):
    with registry() as standin:
        yield lambda near='"Utrecht"': Nights(tmp_path, standin, near)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """After a night in which a site with a hostile name opened."""
    with registry() as standin:
        job = Nights(tmp_path_factory.mktemp("watch"), standin, "[52.09, 5.12]")
        job.sites(UTRECHT, PARIS, PARIS_TEXAS, {**NIEUWEGEIN, "facility": ALL})
        return job.report()


def test_a_site_near_the_place_is_reported_once(nights):
    job = nights()
    result = job.sites(UTRECHT, PARIS, PARIS_TEXAS, NIEUWEGEIN)
    sentence = "7 km from Utrecht opened: Antonius Hospital, Nieuwegein (recruiting)"
    assert result.exit_code == 10 and sentence in " ".join(result.stdout.split())
    job.registry.next_load()
    again = job.cron.run("--exit-code")
    assert (again.exit_code, again.stdout) == (0, "")


def test_a_site_that_begins_and_one_that_stops_is_reported_with_its_status(nights):
    job = nights('"utrecht, netherlands"')
    opened = job.sites({**UTRECHT, "status": "RECRUITING"}, PARIS, PARIS_TEXAS)
    assert "in utrecht, netherlands opened: UMC Utrecht, Utrecht (recruiting)" in " ".join(
        opened.stdout.split()
    )
    stopped = job.sites({**UTRECHT, "status": "ACTIVE_NOT_RECRUITING"}, PARIS, PARIS_TEXAS)
    assert "stopped recruiting: UMC Utrecht, Utrecht (active, not recruiting)" in " ".join(
        stopped.stdout.split()
    )


def test_a_site_without_a_point_has_that_of_its_city_in_other_records(nights):
    job = nights("[52.09, 5.12]")
    without = {key: value for key, value in UTRECHT.items() if key != "geoPoint"}
    without |= {"facility": "Diakonessenhuis", "status": "RECRUITING"}
    nowhere = {**without, "facility": "Clinic", "city": "Atlantis"}
    result = job.sites(without, nowhere, PARIS, trial=2)
    assert "opened: Diakonessenhuis, Utrecht (recruiting)" in " ".join(result.stdout.split())
    assert "Atlantis" not in result.stdout


def test_sites_of_the_same_name_are_counted_in_one_sentence(nights):
    several = [{**NIEUWEGEIN, "facility": "Research Site", "status": "NOT_YET_RECRUITING"}] * 3
    result = nights().sites(UTRECHT, PARIS, PARIS_TEXAS, *several)
    assert "3 sites 7 km from Utrecht are planned: Research Site, Nieuwegein" in " ".join(
        result.stdout.split()
    )


def test_a_planned_site_that_is_withdrawn_did_not_stop_recruiting(nights):
    result = nights().sites({**UTRECHT, "status": "WITHDRAWN"}, PARIS, PARIS_TEXAS)
    assert "in Utrecht is no longer planned: UMC Utrecht, Utrecht (withdrawn)" in " ".join(
        result.stdout.split()
    )


def test_sites_far_away_are_no_news(nights):
    result = nights("[52.09, 5.12]").sites(UTRECHT, {**PARIS, "status": "COMPLETED"}, PARIS_TEXAS)
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("near", ['"Atlantis"', '"Paris"'])
def test_a_place_that_cannot_be_found_is_one_line_with_the_way_out(nights, near):
    (line,) = [line for line in nights(near).first.stderr.splitlines() if "watch" in line]
    assert "such as near = [52.09, 5.12]" in line
    if near == '"Paris"':
        assert "“Paris, France” and “Paris, United States”" in line


@pytest.mark.parametrize(("rank", "gets"), [(Rank.RECRUITMENT, True), (Rank.RESULTS, False)])
def test_a_recipient_gets_it_by_its_rank_and_trials(report, rank, gets):
    name = report.tables[0].name
    assert bool(narrowed(report, {name: Recipient(minimum_rank=rank)}).site_news) is gets
    assert narrowed(report, {name: Recipient(trials=(nct(2),))}).site_news == ()


@pytest.mark.parametrize("format_", ["text", "mail", "html", "markdown", "csv", "json", "atom"])
def test_every_report_has_the_sentence(report, format_):
    text = " ".join(rendered(format_, report).split())
    assert "7 km from 52.09, 5.12 opened" in text
