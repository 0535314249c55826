"""Trials for a review: Cochrane's table of ongoing studies, and references in RIS."""

import io
import re
from html.parser import HTMLParser
from itertools import islice

import pytest
from docx import Document

from enrich.export import FORMATS, select_format
from enrich.export.characteristics import CHARACTERISTICS
from enrich.export.sheet import build
from enrich.models import Answer
from enrich.record.fields import trial_of
from enrich.tables.nct_ids import find_ids
from tests.export.test_sheet import TRIAL, row, table
from tests.fixtures.sample_database import STUDY

MAIL = "jane.roe@clinic.example"


def study(nct_id, status="RECRUITING", **protocol):
    """The invented record with every list under another id, with a contact and criteria."""
    own = STUDY["protocolSection"]
    contacts = {
        "centralContacts": [{"name": "Jane Roe", "phone": "555-0100", "email": MAIL}],
        "overallOfficials": [{"name": "Richard Roe", "role": "PRINCIPAL_INVESTIGATOR"}],
    }
    return {
        **STUDY,
        "protocolSection": {
            **own,
            "identificationModule": {"nctId": nct_id, "briefTitle": "Milk; for, sleep"},
            "statusModule": {
                **own["statusModule"],
                "overallStatus": status,
                "studyFirstPostDateStruct": {"date": "2024-01-15"},
            },
            "descriptionModule": {"briefSummary": f"Warm milk.\nWrite to {MAIL} \\[now\\]."},
            "eligibilityModule": {
                "eligibilityCriteria": "Inclusion Criteria:\n\n* Age \\>= 18\n* Sleepless",
                "minimumAge": "18 Years",
                "sex": "ALL",
            },
            "contactsLocationsModule": {**own["contactsLocationsModule"], **contacts},
            **protocol,
        },
    }


def sheet_of(*studies, **more):
    rows = [
        row(at, "Phase I", "14", trial=trial_of(record), **more)._replace(
            nct_id=trial_of(record).nct_id
        )
        for at, record in enumerate(studies, 1)
    ]
    return build(table(*rows), studies={trial_of(record).nct_id: record for record in studies})


RUNNING, ENDED = study("NCT10000001"), study("NCT10000002", "COMPLETED")


def revman(sheet):
    return FORMATS["revman"].render(sheet)


class TableRows(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.inside = [], False

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.inside = True
            self.rows[-1].append("")
        elif tag == "br":
            self.rows[-1][-1] += "\n"

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("th", "td")

    def handle_data(self, text):
        if self.inside:
            self.rows[-1][-1] += text


# --- Cochrane's table


def test_each_ongoing_study_has_the_fields_of_cochrane_in_their_order():
    text = revman(sheet_of(RUNNING))
    names = re.findall(r"^([A-Z][a-z ]+):", text.partition("-----\n")[2], re.M)
    assert names == [
        "Study name",
        "Methods",
        "Participants",
        "Interventions",
        "Outcomes",
        "Starting date",
        "Contact information",
        "Notes",
    ]
    assert "Methods: Interventional; phase 1/phase 2" in text
    assert "Number of participants: 40 (planned)" in text
    assert "* Age >= 18\n    * Sleepless" in text
    assert "Warm milk (experimental): Dietary Supplement: milk" in text
    assert "Primary:\n    - Hours slept (4 weeks)\n    Secondary:\n    - Snoring" in text
    assert "Starting date: March 2024" in text
    assert "last update 2024-05-06, accessed 22 November 2026" in text


def test_a_contact_is_a_link_and_never_the_data_of_a_person():
    sheet = sheet_of(RUNNING, ENDED)
    formats = [FORMATS["revman"], FORMATS["ris"], FORMATS["revman-html"]]
    for text in (format_.render(sheet) for format_ in formats):
        assert "https://clinicaltrials.gov/study/NCT10000001" in text
        assert not re.search(r"Roe|555|@(?!media)", text)
    assert "Contacts: https://clinicaltrials.gov/study/NCT10000001#contacts" in revman(sheet)


def test_no_text_of_a_record_gives_a_phone_number_or_an_address_not_even_a_part_of_one():
    record = study(
        "NCT10000001",
        descriptionModule={"briefSummary": "Milk. Phone: 301-555-0142"},
        eligibilityModule={
            "eligibilityCriteria": f"* Sleepless, call 555-0142\n* {'x' * 1460} {MAIL}"
        },
        outcomesModule={
            "primaryOutcomes": [
                {"measure": f"{'m' * 280} {MAIL}", "timeFrame": f"{'t' * 180} +1 301 555 0142"}
            ]
        },
    )
    sheet = sheet_of(record)
    for name in ("revman", "ris", "revman-html"):
        text = FORMATS[name].render(sheet)
        assert not re.search(r"555|0142|jane|clinic\.", text), name
        assert "call (contact details)" in text


def test_trials_that_have_ended_are_left_out_and_named():
    gone = row(3, "Phase I", "14")._replace(nct_id="NCT10000003", answer=Answer.GONE, trial=None)
    sheet = build(table(*[row_of(study_) for study_ in (RUNNING, ENDED)], gone))
    text = revman(sheet)
    assert "1 ongoing study.\nLeft out, as no longer ongoing:" in text
    assert "NCT10000002 (completed); NCT10000003 (removed from the registry)." in text
    assert text.count("Study name:") == 1


def row_of(record):
    return row(1, "Phase I", "14", trial=trial_of(record))._replace(nct_id=trial_of(record).nct_id)


def test_text_page_and_document_hold_the_same_fields():
    sheet = sheet_of(RUNNING, study("NCT10000004", "UNKNOWN"))
    page = TableRows()
    page.feed(FORMATS["revman-html"].render(sheet))
    document = Document(io.BytesIO(FORMATS["revman-docx"].render(sheet)))
    of_document = [
        [cell.text for cell in row.cells] for grid in document.tables for row in grid.rows
    ]
    assert page.rows == of_document
    assert [name for name, _ in page.rows] == [*CHARACTERISTICS] * 2
    text = revman(sheet)
    assert all(line in text for _, field in page.rows for line in field.split("\n"))


def test_long_criteria_are_cut_with_a_link_to_the_full_text():
    long = study(
        "NCT10000005",
        eligibilityModule={
            "eligibilityCriteria": "\n".join(f"* {'word ' * 30}" for _ in range(99))
        },
    )
    text = revman(sheet_of(long))
    assert "… Full text: https://clinicaltrials.gov/study/NCT10000005" in text
    assert len(text) < 4_000


def test_a_copy_that_is_not_confirmed_says_so():
    text = revman(sheet_of(RUNNING, stale_since="2026-11-23"))
    assert "not confirmed: the copy of 2026-11-22 could not be confirmed" in text
    assert "accessed" not in text


@pytest.mark.parametrize(
    "output, name",
    [(None, "revman"), ("o.txt", "revman"), ("o.html", "revman-html"), ("o.docx", "revman-docx")],
)
def test_the_ending_of_the_file_decides_how_the_table_is_written(output, name, tmp_path):
    assert select_format("revman", tmp_path / output if output else None).name == name


# --- RIS


def references(sheet):
    rispy = pytest.importorskip("rispy")
    return rispy.loads(FORMATS["ris"].render(sheet))


def test_a_parser_of_ris_reads_back_each_trial_once():
    printed_twice = sheet_of(RUNNING, RUNNING, ENDED)
    first, second = references(printed_twice)
    assert (first["type_of_reference"], first["accession_number"]) == ("DBASE", "NCT10000001")
    assert first["urls"] == ["https://clinicaltrials.gov/study/NCT10000001"]
    assert (first["title"], first["year"]) == ("Milk; for, sleep", "2024")
    assert first["date"] == "2024/01/15"
    assert first["authors"] == ["Dream Institute,"]
    assert first["name_of_database"] == "ClinicalTrials.gov"
    assert "Warm milk. Write to (contact details) [now]." in first["abstract"]
    assert "Primary: - Hours slept (4 weeks)." in first["abstract"]
    assert {"Insomnia", "milk", "nightcap"} <= set(first["keywords"])
    assert second["accession_number"] == "NCT10000002"


def test_our_own_reader_of_documents_finds_every_trial_of_a_ris_file(tmp_path):
    reader = pytest.importorskip("enrich.tables.documents.reader")
    file = tmp_path / "trials.ris"
    file.write_text(FORMATS["ris"].render(sheet_of(RUNNING, ENDED)), newline="")
    (found,) = reader.read_document(file).tables
    assert found.ids == ("NCT10000001", "NCT10000002")
    assert [cells[0].text for cells in found.rows] == ["Milk; for, sleep"] * 2


def test_a_trial_without_a_record_still_has_a_reference():
    sheet = build(table(row(1, "Phase I", "14", trial=None)))
    (reference,) = references(sheet)
    assert reference["title"] == "NCT00962923: no saved record"
    assert find_ids(reference["accession_number"]).ids == ("NCT00962923",)


@pytest.mark.parametrize("hostile", ["\nER  - \nTY  - JOUR\n", "\u2028ER  - ", "\x1b[31m"])
def test_no_text_of_a_record_ends_a_reference_or_begins_another(hostile):
    facts = {**TRIAL.facts, "brief_title": f"A{hostile}B", "lead_sponsor": f"A{hostile}B"}
    trial = type(TRIAL)("NCT00962923", facts)
    text = FORMATS["ris"].render(build(table(row(1, "Phase I", "14", trial=trial))))
    assert text.count("\r\n") == len(text.splitlines())
    assert [line for line in text.splitlines() if line.startswith("ER")] == ["ER  - "]
    assert len(references(build(table(row(1, "Phase I", "14", trial=trial))))) == 1


@pytest.mark.corpus
def test_every_real_record_has_a_readable_reference_and_short_fields():
    from tests.fixtures.corpus import read_records

    records = [*islice(read_records("studies.ndjson.gz"), 400)]
    sheet = sheet_of(*records)
    ids = [trial_of(record).nct_id for record in records]
    assert [found["accession_number"] for found in references(sheet)] == ids
    assert not re.search(r"[\w.]@\w", FORMATS["ris"].render(sheet) + revman(sheet))
