"""Exported workbooks and documents, opened and printed by LibreOffice: pages, ids, long texts."""

import subprocess
from contextlib import closing

import pytest

from enrich.export import FORMATS
from enrich.export.sheet import build
from enrich.models import ReportTable
from enrich.storage.report_query import read_report
from tests.export.test_own_document import report_row
from tests.export.test_sheet import DESIGN_DIFFERS, N_DIFFERS, table
from tests.fixtures.libreoffice import needs_libreoffice, to_pdf

pytestmark = needs_libreoffice
ROWS = 40


def pages_of(content: bytes, file):
    """The text of each page of *content*, printed."""
    file.write_bytes(content)
    text = subprocess.run(
        ["pdftotext", "-layout", str(to_pdf(file)), "-"], check=True, capture_output=True, text=True
    ).stdout
    return text.split("\f")[:-1]


def invented() -> ReportTable:
    """Forty trials; every tenth has a cell with the text of some pages."""
    rows = []
    for number in range(1, ROWS + 1):
        design = "Phase I. " + "An unusually long description. " * (200 if number % 10 == 1 else 1)
        cells = (f"Author {number}", design.strip(), "14", f"NCT1{number:07}")
        rows.append(report_row(number, cells, *DESIGN_DIFFERS, N_DIFFERS))
    return table(*rows)


@pytest.mark.parametrize("name, in_place, most", [("docx", True, 14), ("xlsx", False, 12)])
def test_a_printed_table_breaks_no_id_and_repeats_its_header(tmp_path, name, in_place, most):
    sheet = build(invented(), in_place=in_place)
    pages = pages_of(FORMATS[name].render(sheet), tmp_path / f"t.{name}")
    assert len(pages) <= most
    of_table = [page for page in pages if "Author " in page]
    assert len(of_table) > 1 and all("NCT ID" in page for page in of_table)
    printed = "\n".join(of_table)
    assert all(f"NCT1{number:07}" in printed for number in range(1, ROWS + 1))
    # A cell that filled a page would leave it without any other row.
    assert all(page.count("Author ") > 1 for page in of_table[:-1])


@pytest.mark.corpus
@pytest.mark.parametrize("name, most", [("docx", 10), ("xlsx", 16)])
def test_61_real_trials_are_printed_on_few_pages_with_every_id_whole(tmp_path, name, most):
    from tests.fixtures.review_nights import review_nights

    with review_nights(tmp_path) as database, closing(database):
        (report_table,) = read_report(database).tables
        content = FORMATS[name].render(build(report_table))
    pages = pages_of(content, tmp_path / f"t.{name}")
    printed = "\n".join(pages)
    assert len(pages) <= most
    assert all(row.nct_id in printed for row in report_table.rows if row.nct_id)
