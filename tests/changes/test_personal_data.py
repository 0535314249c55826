"""Contacts' names, e-mail addresses and phone numbers stay in the database."""

import pytest

from enrich import reports
from enrich.changes.personal_data import (
    REMOVED,
    is_personal,
    study_without_personal_data,
    without_contact_details,
    without_personal_data,
)
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


@pytest.mark.parametrize(
    "number",
    [
        *("+1 555 0100 77", "+420 58 588 3201", "+43 50 1255 1255", "+49 (30) 450-512345"),
        *("1-877-285-4559", "+1-301-555-0142", "1 (301) 555-0142", "(301) 555-0142"),
        *("301-555-0142", "301.555.0142", "301-555-0142 ext. 12", "301-555-0142 x12"),
    ],
)
def test_a_text_loses_what_is_written_as_a_phone_number(number):
    assert without_contact_details(f"Ask Jane ({number}) today") == f"Ask Jane ({REMOVED}) today"
    assert without_contact_details(number) == REMOVED


@pytest.mark.parametrize(
    "before",
    [
        *("phone ", "Phone.: ", "Telephone: ", "Tel. ", "Fax: ", "cell phone number: "),
        *("call ", "Call us at ", "by phone at "),
    ],
)
@pytest.mark.parametrize("number", ["555-0142", "01 23 45 67 89", "1 (301) 7617948", "5550142"])
def test_a_text_loses_a_plain_number_after_a_word_that_announces_it(before, number):
    assert without_contact_details(f"{before}{number}.") == f"{before}{REMOVED}."


@pytest.mark.parametrize(
    "text",
    [
        "Age 18-65 years, 100-700 (10^9/L), 250 500 1000 mg, 1,000,000 to 2,000,000",
        "doi: 10.1016/S0140-6736(13)61841-3, 10.1002/14651858.CD013451; 38(10):1849-1856",
        "2024-01-15, 2023-501234-12-00, U1111-1123-4567, NCT01234567, ISRCTN12345678",
        "CD4+ 250 cells, 0.6618176 (+1.2345678), stop date +1) / 30.4375 days",
        "PMID 12345678, version 1.2.3.4, 10-20-30-40 mg, visits 1 2 3 4 5 6 7 8",
        "a phone call at 3, 6, 9 and 12 months; call after 24 hours",
    ],
)
def test_doses_ranges_days_and_ids_are_not_taken_for_phone_numbers(text):
    assert without_contact_details(text) == text


def test_a_record_loses_phone_numbers_in_its_texts():
    study = {"eligibilityModule": {"eligibilityCriteria": "Adults. Call 301-555-0142."}}
    assert study_without_personal_data(study) == {
        "eligibilityModule": {"eligibilityCriteria": f"Adults. Call {REMOVED}."}
    }


def _with_contacts(study):
    contact = {"name": NAME, "role": "CONTACT", "phone": PHONE, "email": MAIL}
    module = "protocolSection.contactsLocationsModule."
    set_path(study, f"{module}centralContacts", [contact])
    set_path(study, f"{module}overallOfficials", [{"name": NAME, "affiliation": "Clinic"}])
    site = {"facility": "Clinic", "city": "Town", "country": "Spain", "contacts": [contact]}
    set_path(study, f"{module}locations", [site])
    set_path(study, "protocolSection.descriptionModule.briefSummary", f"Ask {MAIL}, {PHONE}.")


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
