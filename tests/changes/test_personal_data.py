"""Contacts' names, e-mail addresses and phone numbers stay in the database."""

import pytest

from enrich import reports
from enrich.changes.personal_data import REMOVED, is_personal, without_personal_data
from enrich.models import Change, Significance
from enrich.storage.report_query import read_report
from tests.fixtures.registry_server import set_path
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs

NAME, MAIL, PHONE = "Jane Q. Doe", "jane.doe@clinic.example", "+1 555 0100 77"


@pytest.mark.parametrize(
    ("field", "personal"),
    [
        ("contacts", True),
        ("officials", True),
        ("locations.contacts", True),
        ("resultsSection.moreInfoModule.pointOfContact.email", True),
        ("sponsorCollaboratorsModule.responsibleParty.investigatorFullName", True),
        ("locations.status", False),
        ("official_title", False),
        ("protocolSection.identificationModule.officialTitle", False),
        ("contactsLocationsModule.locations", False),
        ("overall_status", False),
    ],
)
def test_fields_about_people_are_known(field, personal):
    assert is_personal(field) is personal


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"facility": "A", "contacts": [{"name": "Jane"}]}', '{"facility": "A"}'),
        ('[{"phone": "1", "url": "u"}]', '[{"url": "u"}]'),
        (f"write to {MAIL} now", f"write to {REMOVED} now"),
        ('{"country": "Spain"}', '{"country": "Spain"}'),
        ("[not json", "[not json"),
        (None, None),
    ],
)
def test_values_lose_what_belongs_to_a_contact(before, after):
    change = Change("locations", None, before, Significance.MINOR, "A")
    assert without_personal_data(change).after == after


def _with_contacts(study):
    contact = {"name": NAME, "role": "CONTACT", "phone": PHONE, "email": MAIL}
    module = "protocolSection.contactsLocationsModule."
    set_path(study, f"{module}centralContacts", [contact])
    set_path(study, f"{module}overallOfficials", [{"name": NAME, "affiliation": "Clinic"}])
    site = {"facility": "Clinic", "city": "Town", "country": "Spain", "contacts": [contact]}
    set_path(study, f"{module}locations", [site])
    set_path(study, "protocolSection.descriptionModule.briefSummary", f"Ask {MAIL}.")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    def night(registry):
        for number in (1, 2):
            registry.change(f"NCT9000000{number}", _with_contacts)

    with sample_runs(tmp_path_factory.mktemp("contacts"), nights=(night,)) as database:
        return read_report(database)


@pytest.mark.parametrize("show_all", [False, True], ids=["shortened", "all"])
@pytest.mark.parametrize("name", reports.FORMATS)
def test_no_report_holds_a_contact(report, name, show_all):
    text = rendered(name, report, show_all=show_all)
    assert not [secret for secret in (NAME, MAIL, PHONE) if secret in text]
