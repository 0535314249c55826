"""The keys of a table's description: each is declared once, and each is checked."""

import csv
import re
from dataclasses import fields, replace

import pytest

from enrich.compare.fingerprint import comparison_rules, row_fingerprint
from enrich.errors import TableError
from enrich.models import Column, Description, KeyType, NewsRules, Recipient, Watch
from enrich.tables.description import LegalNames, read_description
from enrich.tables.reader import LEGAL_NAMES, read_table

REQUIRED = 'file = "t.csv"\nid_column = "NCT ID"\n'
LEGAL = LegalNames(
    compared=("phases", "masking"),
    shown=("sex",),
    changed=("phases",),
    statuses={"completed": ("COMPLETED",), "active": ("RECRUITING", "ENROLLING_BY_INVITATION")},
)
SECTIONS = {Description: "", Column: '[columns."Phase"]\n', Recipient: "[notify]\n"}
KEYS = [
    pytest.param(section, field, id=f"{section.strip()} {field.name}".strip())
    for model, section in SECTIONS.items()
    for field in fields(model)
    if "type" in field.metadata
]


@pytest.fixture
def description(tmp_path):
    def read(toml):
        path = tmp_path / "t.toml"
        path.write_text(toml, encoding="utf-8")
        return read_description(path, LEGAL)[0]

    return read


@pytest.mark.parametrize("section, field", KEYS)
def test_a_value_of_the_wrong_type_is_refused_with_the_right_one(description, section, field):
    name = field.metadata.get("name", field.name)
    toml = REQUIRED.replace(f"{name} =", "#") + f"{section}{name} = 1979-05-27T07:32:00\n"
    if field.metadata["type"] is KeyType.DATE:
        toml = toml.replace("1979-05-27T07:32:00", "'spring'")
    with pytest.raises(TableError) as refused:
        description(toml)
    assert re.search(
        rf"{name!r}( in \S+)? must be {re.escape(field.metadata['type'])}", str(refused.value)
    )


@pytest.mark.parametrize("value", ["5", '["x"]', "{ a = 1 }"])
@pytest.mark.parametrize("section, field", KEYS)
def test_no_value_of_any_type_is_more_than_a_line_about_its_key(description, section, field, value):
    name = field.metadata.get("name", field.name)
    try:
        description(REQUIRED.replace(f"{name} =", "#") + f"{section}{name} = {value}\n")
    except TableError as refused:
        assert name in str(refused) and "\n" not in str(refused)


@pytest.mark.parametrize("value", ["5", '["x"]', "{ a = 1 }"])
@pytest.mark.parametrize("name", ["nct", "field", "because"])
def test_no_value_of_a_dismissal_is_more_than_a_line_about_its_key(description, name, value):
    keys = {"nct": '"NCT01234567"', "field": '"phases"', "because": '"counted otherwise"'}
    section = "".join(f"{key} = {text}\n" for key, text in {**keys, name: value}.items())
    with pytest.raises(TableError, match=f"{name!r} in dismissed"):
        description(f"{REQUIRED}[[dismissed]]\n{section}")


@pytest.mark.parametrize("section, field", KEYS)
def test_every_key_has_a_meaning_in_a_sentence(section, field):
    assert field.metadata["meaning"].endswith(".") and field.metadata["type"] in KeyType


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("near = 5", "'near' in watch must be a city such as"),
        ('near = " "', "'near' in watch must be a city such as"),
        ("near = [52.09]", "'near' in watch must be a city such as"),
        ("near = [true, 5.12]", "'near' in watch must be a city such as"),
        ("near = [152.09, 5.12]", "'near' in watch: latitude is from -90 to 90"),
        ("near = [nan, 5.12]", "'near' in watch: latitude is from -90 to 90"),
        ("within_km = 20", "the key 'near' in watch is missing"),
        ('near = "Utrecht"\nwithin_km = 0', "'within_km' in watch must be a number of kilometres"),
        (
            'near = "Utrecht"\nwithin_km = inf',
            "'within_km' in watch must be a number of kilometres",
        ),
        ('near = "Utrecht"\nradius = 5', "unknown key 'radius' in watch"),
    ],
)
def test_a_place_to_watch_that_is_none_is_refused(description, section, problem):
    with pytest.raises(TableError, match=re.escape(problem)):
        description(f"{REQUIRED}[watch]\n{section}\n")


def test_a_place_to_watch_is_a_city_or_a_point_and_50_km_around_it(description):
    assert description(f'{REQUIRED}[watch]\nnear = "Utrecht"\n').watch == Watch("Utrecht", 50)
    point = description(f"{REQUIRED}[watch]\nnear = [52.09, 5]\nwithin_km = 20\n").watch
    assert point == Watch((52.09, 5), 20)


def test_what_a_description_states_is_read(description):
    read = description(
        REQUIRED
        + 'title = "T"\npublished = "2021-03"\npadded_dates = true\ndoi = "10.1/x"\n'
        + '[columns."Phase"]\nsays = ["phases", "masking", "phases"]\nshows = ["sex"]\n'
        + '[notify]\nstatus = ["Completed", "active"]\nkinds = ["material"]\ndate_days = 90\n'
    )
    assert read == Description(
        file="t.csv",
        id_column="NCT ID",
        title="T",
        published="2021-03",
        padded_dates=True,
        doi="10.1/x",
        columns=(Column("Phase", ("phases", "masking"), ("sex",)),),
        news_rules=NewsRules(
            status=("COMPLETED", "RECRUITING", "ENROLLING_BY_INVITATION"),
            kinds=("material",),
            date_days=90,
        ),
    )


def test_a_table_without_a_title_has_the_name_of_its_description(description):
    assert description(REQUIRED).title == "t"


def test_reading_leaves_the_limits_of_the_csv_library_alone(tmp_path):
    """They hold for the whole process, also for a program that uses this package as a library."""
    before = csv.field_size_limit()
    (tmp_path / "t.toml").write_text(REQUIRED)
    (tmp_path / "t.csv").write_text(f"NCT ID\n{'x' * 200_000}\n")
    read_table(tmp_path / "t.toml")
    assert csv.field_size_limit() == before


# fmt: off
OTHER_VALUES = {
    "published": "2020-01-01", "accessed_column": "Seen", "padded_dates": True, "date_order": "dmy", "columns": (Column("NCT ID", ("phases",)),),
}
# fmt: on


@pytest.mark.parametrize("field", fields(Description), ids=lambda field: field.name)
def test_a_key_that_verdicts_depend_on_makes_them_due_again(tmp_path, field):
    (tmp_path / "t.toml").write_text(REQUIRED)
    (tmp_path / "t.csv").write_text("NCT ID\nNCT01234567\n")
    table = read_table(tmp_path / "t.toml")
    edited = replace(table, **{field.name: OTHER_VALUES.get(field.name, "other")})
    is_compared = field.metadata.get("is_compared", True)
    assert is_compared == (field.name in OTHER_VALUES)
    assert is_compared == (
        row_fingerprint(comparison_rules(table), table.rows[0], (), b"")
        != row_fingerprint(comparison_rules(edited), table.rows[0], (), b"")
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("participants", "'enrollment'"),
        ("end_date", "'completion_date' or 'primary_completion_date'"),
        ("blinding", "'masking'"),
        ("gender", "'sex'"),
        ("age", "'minimum_age' or 'maximum_age'"),
        ("overal_status", "'overall_status'"),
    ],
)
def test_unknown_field_gets_a_suggestion(tmp_path, written, meant):
    path = tmp_path / "t.toml"
    path.write_text(f'file = "t.csv"\nid_column = "Id"\n[columns."X"]\nsays = ["{written}"]\n')
    with pytest.raises(TableError, match=f"did you mean {meant}\\?"):
        read_description(path, LEGAL_NAMES)
