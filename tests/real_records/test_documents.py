"""Published tables in every kind of document, and documents as they were published."""

import pytest

pytest.importorskip("mammoth")
pytest.importorskip("pypdf")

from enrich.tables.documents.reader import read_document
from tests.fixtures.corpus import TABLES, needs_corpus
from tests.tables.documents.test_cells import read, texts
from tests.tables.documents.twins import WRITERS, plain

pytestmark = needs_corpus
PUBLISHED = TABLES.parent / "published"


def published_tables():
    """The cells of each table that is kept as text, by its name."""
    for path in sorted(PUBLISHED.glob("*.psv")):
        lines = [line.split("|") for line in path.read_text(encoding="utf-8").splitlines()]
        width = max(map(len, lines))
        yield path.stem, [[*line, *[""] * (width - len(line))] for line in lines]


@pytest.mark.parametrize("ending", WRITERS)
def test_twins_of_published_tables_have_their_cells(tmp_path, ending):
    tables = dict(published_tables())
    assert len(tables) >= 17
    for name, cells in tables.items():
        document = read(tmp_path, ending, WRITERS[ending](plain(cells), caption=name))
        (table,) = document.tables
        assert texts(table) == [[cell.strip() for cell in row] for row in cells], name


@pytest.mark.parametrize("name", ["celiac_therapies_PMC5975707", "tocotrienols_cancer_PMC6359475"])
def test_a_web_page_and_its_article_have_the_same_table(name):
    page = read_document(TABLES / f"html_table_{name}.html")
    article = read_document(TABLES / f"jats_ccby_{name}.xml")
    (table,) = page.tables
    same = [
        table_of_article
        for table_of_article in article.tables
        if table_of_article.rows_with_ids >= 2
    ]
    assert [texts(table_of_article) for table_of_article in same] == [texts(table)]
    assert article.doi and article.published and len(article.title) > 20
