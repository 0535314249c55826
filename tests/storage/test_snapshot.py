"""A copy of the database: without the contacts of any record, wherever it holds one."""

from contextlib import closing

import pytest

from enrich.papers.ranking import PaperRole, RankedPaper, Reference, ReferenceType
from enrich.storage.database import Database
from enrich.storage.early_versions import EarlyRole, EarlyVersion, save_early_versions
from enrich.storage.papers import save_papers
from enrich.storage.snapshot import copy_database
from tests.fixtures.sample_database import make_database

TRIAL = "NCT10000001"
NAME, MAIL, PHONE = "Jane Q. Doe", "jane.doe@clinic.example", "+1 555 0100 77"
STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": TRIAL, "briefTitle": "First title"},
        "descriptionModule": {"briefSummary": f"Ask {MAIL}."},
        "contactsLocationsModule": {
            "centralContacts": [{"name": NAME, "phone": PHONE, "email": MAIL}],
            "locations": [{"city": "Lyon"}],
        },
    }
}


@pytest.fixture
def copy(tmp_path):
    db = make_database(tmp_path)
    with closing(Database(db)) as database:
        early = EarlyVersion(EarlyRole.FIRST, 0, "2024-01-02", STUDY)
        save_early_versions(database, TRIAL, [early])
        reference = Reference(ReferenceType.RESULT, "123", None, f"Doe JQ, {MAIL}. Sleep. 2024.")
        save_papers(database, {TRIAL: [RankedPaper(reference, 1.0, PaperRole.RESULTS, ())]})
    assert MAIL.encode() in db.read_bytes()
    copy_database(db, tmp_path / "copy.db")
    return tmp_path / "copy.db"


def test_a_copy_has_no_contact_in_early_versions_or_papers(copy):
    content = copy.read_bytes()
    assert [secret for secret in (NAME, MAIL, PHONE) if secret.encode() in content] == []
    with closing(Database(copy)) as database:
        early = database.fetch_value("select study from early_versions")
        assert "First title" in early and "Lyon" in early
        citation = database.fetch_value("select citation from papers")
        assert citation == "Doe JQ, (contact details). Sleep. 2024."
