"""What `enrich check` finds in a table, and how it lists it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.tables.lint import CELLS_NAMED, Remark, remark_lines

UNREADABLE = "column 'Phase', phases: cannot read"


@pytest.mark.parametrize(
    "remarks, lines",
    [
        pytest.param([], [], id="nothing"),
        pytest.param([Remark(3, "no NCT id")], ["row 3: no NCT id"], id="one row"),
        pytest.param(
            [Remark(1, "no NCT id"), Remark(2, UNREADABLE, "'x'"), Remark(3, "no NCT id")],
            ["rows 1 and 3: no NCT id", f"row 2: {UNREADABLE} 'x'"],
            id="the same remark on two rows is one line",
        ),
        pytest.param(
            [Remark(row, UNREADABLE, "'x'") for row in range(1, 291)],
            [f"rows 1, 2, 3, 4, 5 and 285 more: {UNREADABLE} 'x'"],
            id="the first rows are named and the others counted",
        ),
        pytest.param(
            [Remark(row, UNREADABLE, f"'{row}'") for row in range(1, 8)],
            [
                *(f"row {row}: {UNREADABLE} '{row}'" for row in range(1, 6)),
                f"rows 6 and 7: {UNREADABLE} other cells, too; --all lists them",
            ],
            id="the first cells of a column are listed and the others counted",
        ),
    ],
)
def test_remarks_are_listed_by_what_they_have_in_common(remarks, lines):
    assert remark_lines(remarks) == lines


@given(
    st.lists(
        st.builds(
            Remark,
            st.integers(1, 9999),
            st.sampled_from(["no NCT id", UNREADABLE]),
            st.sampled_from(["", *map(str, range(CELLS_NAMED * 2))]),
        )
    )
)
def test_every_remark_is_listed_or_counted(remarks):
    numbers = [re.match(r"rows? (.*?):", line)[1] for line in remark_lines(remarks)]
    listed = sum(
        len(re.findall(r"\d+(?![\d,]* more)", re.sub(r"[\d,]+ more", "", number)))
        for number in numbers
    )
    counted = sum(
        int(more.replace(",", ""))
        for number in numbers
        for more in re.findall(r"([\d,]+) more", number)
    )
    assert listed + counted == len(remarks)
