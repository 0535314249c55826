"""Ids in a cell: what is read, what is only related, what is a misprint and what is read with a
doubt.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.tables.nct_ids import FoundIds, _find_ids, find_ids, find_other_ids


def case(text, *ids, name, related=(), misprint=None, odd=False, bare=False, elsewhere=()):
    """*misprint*: words of the only complaint; *odd*: whether the reading is reported; *bare*: the
    header says NCT.
    """
    return pytest.param(text, ids, related, misprint, odd, bare, elsewhere, id=name)


A, B, C = "NCT01234567", "NCT02345678", "NCT03456789"


# fmt: off
CELLS = (
    # one id, in the forms that are safe
    case("NCT01234567", A,                              name="canonical"),
    case("nct01234567", A,                              name="lower case"),
    case(" Registered as NCT01234567. ", A,             name="in a sentence"),
    case("NCT 01234567", A,                             name="blank"),
    case("NCT\u00a001234567", A,                        name="no-break blank"),
    case("NCT\u202f01234567", A,                        name="narrow no-break blank"),
    case("NCT: 01234567", A,                            name="colon"),
    case("NCT#01234567", A,                             name="hash"),
    case("NCT #01234567", A,                            name="blank and hash"),
    case("NCT-01234567", A,                             name="hyphen"),
    case("NCT\u201001234567", A,                        name="U+2010 hyphen"),
    case("NCT\u201301234567", A,                        name="en dash"),
    case("NCT\u201501234567", A,                        name="horizontal bar"),
    case("ＮＣＴ０１２３４５６７", A,                    name="full-width"),
    case("NC\nT01234567", A, odd=True,                  name="prefix parted by a line break is pointed out"),
    case("NCT01-234567", A, odd=True,                   name="hyphen inside the digits is pointed out"),
    # what may follow
    case("NCT01234567, 1160.19", A,                     name="a sponsor's number follows"),
    case("NCT01234567 305", A,                          name="another number follows"),
    case("NCT01234567 21", A,                           name="a citation follows"),
    case("NCT01234567, \n2020 \nDoe et al., 2022", A,   name="year and authors on lines of their own"),
    case("NCT01234567¹²", A,                            name="superscript citation"),
    case("NCT01234567[12]", A,                          name="citation in brackets"),
    case("NCT01234567a", A,                             name="footnote letter"),
    case("(NCT01234567)", A,                            name="brackets"),
    case("EUCTR2013-001234-56-DE / NCT01234567", A, elsewhere=("EUCTR2013-001234-56-DE",), name="an id of another register before it"),
    case("ClinicalTrials.govNCT01234567", A,            name="a lost blank before it"),
    case("NCT04,694,612; NCT 04,694,613", "NCT04694612", "NCT04694613", odd=True, name="separators in the digits are reported"),
    # several
    case("NCT01234567; NCT02345678", A, B,              name="two"),
    case("NCT01234567NCT02345678NCT03456789", A, B, C,  name="glued together"),
    case("NCT01234567\nNCT02345678", A, B,              name="on two lines"),
    case("NCT01234567 (NCT01234567)", A,                name="the same twice is one"),
    case("https://clinicaltrials.gov/ct2/show/NCT01234567?term=NCT01234567&rank=1 NCT01234567", A, name="URL that repeats the id"),
    case("https://clinicaltrials.gov/study/NC\nT01234567", A, odd=True, name="URL broken inside the prefix"),
    # relations
    case("LTFU of NCT01234567",                         related=(A,), name="follow-up of"),
    case("NCT02345678; recruiting; LTFU of NCT01234567", B, related=(A,), name="own id first, then its parent"),
    case("Extension of NCT01234567, NCT03456789",       related=(A, C), name="parents in a row"),
    case("Extension of NCT01234567; NCT02345678", B,    related=(A,), name="a semicolon ends the relation"),
    case("Substudy of NCT01234567",                     related=(A,), name="substudy"),
    case("follow-up study to NCT01234567",              related=(A,), name="follow-up study to"),
    case("rollover from NCT01234567",                   related=(A,), name="rollover from"),
    case("NCT02345678, roll-over study of NCT01234567", B, related=(A,), name="roll-over study of"),
    case("Parent study: NCT01234567",                   related=(A,), name="parent study"),
    case("NCT02345678 (parent study: NCT01234567)", B,  related=(A,), name="own id, then its parent study in brackets"),
    case("NCT02345678, NCT01234567 (parent)", B,        related=(A,), name="the parent is called so behind it"),
    # misprints: reported, never corrected
    case("NTC01234567",                                 misprint="NCT01234567 may be meant", name="swapped letters"),
    case("CT01234567",                                  misprint="NCT01234567 may be meant", name="a lost letter"),
    case("NCTO4694612",                                 misprint="NCT04694612 may be meant", name="a letter O for a zero"),
    case("NCT0l234567",                                 misprint="NCT01234567 may be meant", name="a letter l for a one"),
    case("NTC01234567, NCT02345678", B,                 misprint="NCT01234567 may be meant", name="a misspelt id before a good one"),
    case("NCT0123456",                                  misprint="'NCT0123456' has 7 digits", name="seven digits"),
    case("NCT 0123456",                                 misprint="has 7 digits",   name="seven digits behind a blank"),
    case("NCT012345678",                                misprint="has 9 digits",   name="nine digits"),
    case("NCT0123456789",                               misprint="has 10 digits",  name="ten digits"),
    case("NCT1",                                        misprint="has 1 digits",   name="one digit"),
    case("NCT00000000",                                 misprint="not an id that exists", name="all zero"),
    case("NCT 2015012712345N1",                         misprint="another register", name="an Iranian id with the wrong prefix"),
    case("NCT0123456, NCT02345678", B,                  misprint="has 7 digits",   name="a misprint beside a good id"),
    case("Extension of NCT0123456 and NCT02345678",     related=(B,), misprint="has 7 digits", name="a misprinted parent"),
    case("NCT",                                         misprint="has no number", name="prefix alone"),
    case("NCT number pending",                          misprint="has no number", name="prefix and words"),
    # no NCT id at all
    case("",                                            name="empty"),
    case("not registered",                              name="words"),
    case("2024-520094-13- 00", elsewhere=("2024-520094-13- 00",), name="EU number"),
    case("distinct 12345678",                           name="NCT at the end of a word and a number"),
    case("DISTINCT 12345678",                           name="the same in capitals"),
    case("Netherlands Trial Register NL8504", elsewhere=("NL8504",), name="Dutch register"),
    case("ChiCTR2000029569, ChiCTR2000029572", elsewhere=("ChiCTR2000029569", "ChiCTR2000029572"), name="two Chinese ids"),
    *(case(text, elsewhere=(text,), name=f"another register: {text}") for text in (
        "ISRCTN94726526", "ACTRN12612000123456", "IRCT20150127020828N1", "jRCTs031200026", "UMIN000012345", "CTRI/2020/05/025013",
        "DRKS00021238", "KCT0005020", "PACTR202004893013257", "RBR-8969zg", "TCTR20200404001", "EudraCT 2013-001234-56", "SLCTR/2020/012",
    )),
    case("function 01234567",                           name="NCT inside a word is none"),
    case("01234567",                                    name="bare number in an ordinary column"),
    # a column whose header says NCT
    case("01234567", A, odd=True, bare=True,            name="bare digits"),
    case("01,234,567", A, odd=True, bare=True,          name="bare digits with separators"),
    case("01,234,567; 02,345,678", A, B, odd=True, bare=True, name="two bare numbers"),
    case("01234567, 02345678", A, B, odd=True, bare=True, name="two bare numbers and a comma"),
    case("1234567", misprint="has 7 digits", bare=True, name="bare, seven digits"),
    case("00000000", misprint="not an id that exists", bare=True, name="bare zeros"),
    case("NCT01234567", A, bare=True,                   name="an id with its prefix is no oddity"),
    case("see row 12345678", bare=True,                 name="digits in a sentence are no id"),
    case("2021", misprint="has 4 digits", bare=True,    name="a year"),
)
# fmt: on


@pytest.mark.parametrize("text, ids, related, misprint, odd, bare, elsewhere", CELLS)
def test_ids_in_a_cell(text, ids, related, misprint, odd, bare, elsewhere):
    found = find_ids(text, column_names_nct=bare)
    assert (found.ids, found.related, find_other_ids(text)) == (ids, related, elsewhere)
    assert len(found.misprints) == bool(misprint) and (misprint or "") in "".join(found.misprints)
    assert bool(found.oddities) == odd


_PIECES = st.sampled_from(
    [
        "NCT",
        "nct",
        "N CT",
        "01234567",
        "0123456",
        "00000000",
        " ",
        "\n",
        "-",
        "#",
        ";",
        ",",
        "of",
        "LTFU of ",
        "N1",
        "¹",
        "٣",
        "𝟜",
        "ⅷ",
    ]
)


@given(st.one_of(st.text(), st.lists(_PIECES, max_size=8).map("".join)), st.booleans())
def test_every_text_is_read_and_only_well_formed_ids_come_out(text, bare):
    found = find_ids(text, column_names_nct=bare)
    assert isinstance(found, FoundIds)
    for nct_id in (*found.ids, *found.related):
        assert len(nct_id) == 11 and nct_id.isascii() and nct_id[3:].isdecimal() and int(nct_id[3:])


@given(
    st.lists(st.integers(1, 99_999_999).map("NCT{:08d}".format), unique=True, max_size=6),
    st.sampled_from([", ", "; ", "\n", "", " and "]),
)
def test_ids_that_are_printed_are_found_in_their_order(ids, between):
    assert find_ids(between.join(ids)).ids == tuple(ids)


@given(st.text(st.sampled_from("NCTnct0O1 \n#:-,8xé"), max_size=16))
def test_no_id_is_lost_where_texts_without_a_prefix_are_passed_over(text):
    assert find_ids(text) == _find_ids(text, False)
    assert find_ids(f"{text}12345678") == _find_ids(f"{text}12345678", False)
