"""A table's own search: the registry's parameters to the letter, or a search page, translated."""

import pytest

from enrich.errors import TableError
from enrich.record.search_query import query_text, read_query, translate_url
from enrich.tables.description import read_description
from enrich.tables.reader import LEGAL_NAMES

NEW, CLASSIC = "https://clinicaltrials.gov/search?", "https://clinicaltrials.gov/ct2/results?"


@pytest.fixture
def search(tmp_path):
    def read(section):
        path = tmp_path / "t.toml"
        path.write_text(f'file = "t.csv"\nid_column = "N"\n[search]\n{section}\n', encoding="utf-8")
        return read_description(path, LEGAL_NAMES)[0].search

    return read


@pytest.mark.parametrize("key", ["query.cond", '"query.cond"'])
def test_parameters_are_passed_on_to_the_letter(search, key):
    assert search(f'{key} = "scleroderma OR \\"systemic sclerosis\\""') == (
        ("query.cond", 'scleroderma OR "systemic sclerosis"'),
    )


def test_the_order_of_the_keys_makes_no_other_query(search):
    one = search('query.term = "stem cell"\nquery.cond = "asthma"')
    assert one == search('query.cond = "asthma"\nquery.term = "stem cell"')


@pytest.mark.parametrize(
    "section, fault",
    [
        ('query.kond = "x"', "unknown key 'query.kond' in search; did you mean 'query.cond'?"),
        ("query.cond = 3", "'query.cond' in search must be text in quotes"),
        ('query.cond = " "', "search: 'query.cond' is empty"),
        ("", "search: a search needs one of"),
        ('query.term = "NCT01813279, NCT02213705"', "'query.term' holds only NCT ids"),
        ('filter.ids = "NCT01813279"', "unknown key 'filter.ids' in search"),
        ('url = "https://example.org/search?cond=x"', "'url' is not a search page"),
        (f'url = "{NEW}cond=x"\nquery.cond = "y"', "'query.cond' is a part of 'url', too"),
        (f'url = "{NEW}cond=x&moon=full"', "moon=full has no translation"),
        (f'url = "{CLASSIC}cond=x&recrs=z"', "recrs=z has no translation"),
        (f'url = "{CLASSIC}cond=x&cntry=QQ"', "cntry=QQ has no translation"),
        (f'url = "{NEW}cond="', "'url' is a search page without a search"),
    ],
)
def test_a_bad_search_is_one_line_with_file_and_key(search, section, fault):
    with pytest.raises(TableError) as refused:
        search(section)
    message = str(refused.value)
    assert fault in message and "t.toml: " in message and "\n" not in message


@pytest.mark.parametrize(
    "url, query",
    [
        (
            f"{NEW}cond=COVID-19&intr=vaccine&aggFilters=status:rec%20not,phase:2&rank=3&limit=50",
            {
                "query.cond": "COVID-19",
                "query.intr": "vaccine",
                "aggFilters": "status:rec not,phase:2",
            },
        ),
        (
            f"{NEW}term=x&start=2020-01-01_&primComp=_2021-12-31&country=United%20States",
            {
                "query.term": "x",
                "filter.advanced": 'AREA[LocationCountry]"United States"'
                " AND AREA[StartDate]RANGE[2020-01-01,MAX]"
                " AND AREA[PrimaryCompletionDate]RANGE[MIN,2021-12-31]",
            },
        ),
        (
            f"{NEW}cond=x&locStr=Utrecht&lat=52.09&lng=5.12&distance=25",
            {"query.cond": "x", "filter.geo": "distance(52.09,5.12,25mi)"},
        ),
        (f"{NEW}cond=x&distance=50", {"query.cond": "x"}),
        (
            f"{CLASSIC}cond=asthma&term=&type=Intr&rslt=With&age=0&age=2&gndr=Female&fund=02"
            "&phase=4&phase=2&strd_s=01%2F31%2F2020&strd_e=&Search=Apply&cntry=NL",
            {
                "query.cond": "asthma",
                "filter.advanced": 'AREA[LocationCountry]"Netherlands"'
                " AND AREA[StartDate]RANGE[2020-01-31,MAX]",
                "aggFilters": "phase:0 3,ages:child older,sex:f,studyType:int,results:with,"
                "funderType:nih industry",
            },
        ),
        (f"{CLASSIC}cond=x&recr=Open", {"query.cond": "x", "aggFilters": "status:rec not ava"}),
        ("https://classic.clinicaltrials.gov/ct2/results?term=x", {"query.term": "x"}),
    ],
)
def test_a_search_page_is_translated(url, query):
    assert translate_url(url) == query


def test_a_query_is_shown_as_it_can_be_written():
    query = read_query({"aggFilters": "phase:2", "query.cond": "asthma"})
    assert query_text(query) == 'query.cond = "asthma", aggFilters = "phase:2"'
