"""Finds the rows and columns of an earlier reading of a table again, after somebody has edited it.

Pure. A row is known by its ids and its content, a column by its key, its name or its content; the
place comes last. So a sorted table, a row put in front or a renamed column is the same table.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from enrich.models import Column, Row

# A text in more rows than these says nothing about which row it is ("Phase 2", "Completed").
_COMMON = 20
# Two rows without a common id are the same row where this share of their cells is the same; if both
# have an id, they also share a text that no other row has …
_ALIKE = 0.5
# … or, between the same neighbours and where one has no id, this share.
_ALIKE_IN_PLACE = 0.25
# A column has a new name where this share of its cells stands under a header that was not there
# before, or all but one of a few cells: somebody may have edited that one, too.
_SAME_COLUMN, _FEW_CELLS = 0.9, 3


def match_rows(before: Sequence[Row], after: Sequence[Row]) -> dict[int, int]:
    """Which row of *after* is which of *before*: index in *after* → index in *before*.

    What is missing among the keys is a new row; what is missing among the values has left the
    table. Rows that are equal to the letter are paired in their order. Two rows with different
    ids are never the same row while both ids are still in the table.

    >>> old = [Row(1, {"Trial": "A", "N": "14"}), Row(2, {"Trial": "B", "N": "20"})]
    >>> new = [Row(1, {"Trial": "New", "N": "7"}), Row(2, {"Trial": "A", "N": "15"}), old[1]]
    >>> match_rows(old, new)
    {2: 1, 1: 0}
    """
    return _Matching(before, after).pairs


def match_columns(
    before: Sequence[str],
    after: Sequence[str],
    rows: Iterable[tuple[Row, Row]],
    keys_before: Mapping[str, str],
    keys_after: Mapping[str, str],
) -> dict[str, str]:
    """The renamed columns: old header → new header.

    *keys_before* and *keys_after* give the key (`[columns."…"] key`) of each header that has one.
    *rows* are pairs of one row before and after. A header that is in both tables keeps its name.
    """
    by_key = {key: header for header, key in keys_after.items()}
    renamed = {
        header: by_key[key]
        for header, key in keys_before.items()
        if by_key.get(key, header) != header
    }
    left = [header for header in before if header not in after and header not in renamed]
    new = [
        header
        for header in after
        if header not in before and header not in renamed.values() and header not in keys_after
    ]
    pairs = list(rows)
    shares = sorted(
        ((_share(pairs, old, name), old, name) for old in left for name in new), reverse=True
    )
    for share, old, name in shares:
        if share and old not in renamed and name not in renamed.values():
            renamed[old] = name
    return renamed


def column_keys(columns: Iterable[Column]) -> dict[str, str]:
    """Header → key, of the columns whose description gives one."""
    return {column.name: column.stable_key for column in columns if column.stable_key}


def _share(rows: Sequence[tuple[Row, Row]], old: str, name: str) -> float:
    """The share of rows in which the cell under *name* is what was under *old*, empty pairs aside;
    0 where it is too small for one column.
    """
    cells = [
        (_text(before.cells.get(old, "")), _text(after.cells.get(name, "")))
        for before, after in rows
    ]
    printed = [(left, right) for left, right in cells if left or right]
    same = sum(left == right for left, right in printed)
    is_enough = same >= _SAME_COLUMN * len(printed) or len(printed) - 1 <= same >= _FEW_CELLS
    return same / len(printed) if printed and is_enough else 0.0


class _Candidate(NamedTuple):
    """A possible pair; the best sorts first."""

    shares_no_id: bool
    unlikeness: float
    distance: int
    before: int
    after: int


class _Matching:
    """The pairs found so far, and what is still open on both sides."""

    def __init__(self, before: Sequence[Row], after: Sequence[Row]) -> None:
        self.before, self.after = before, after
        self.pairs: dict[int, int] = {}
        self.texts_before = [_texts(row) for row in before]
        self.texts_after = [_texts(row) for row in after]
        self.own_texts = _own_texts(self.texts_before) & _own_texts(self.texts_after)
        self.ids_before = {nct_id for row in before for nct_id in row.nct_ids}
        self.ids_after = {nct_id for row in after for nct_id in row.nct_ids}
        self.open_before = dict.fromkeys(range(len(before)))
        self.open_after = dict.fromkeys(range(len(after)))
        self._pair_equal_rows()
        self._take_best(self._with_the_same_ids())
        self._take_best(self._alike())
        self._pair_between_the_same_neighbours()

    def _pair(self, before: int, after: int) -> None:
        self.pairs[after] = before
        del self.open_before[before], self.open_after[after]

    def _take_best(self, candidates: Iterable[_Candidate]) -> None:
        for candidate in sorted(candidates):
            if candidate.before in self.open_before and candidate.after in self.open_after:
                self._pair(candidate.before, candidate.after)

    def _pair_equal_rows(self) -> None:
        waiting = defaultdict(list)
        for index in reversed(self.open_before):
            waiting[self._content(self.before[index], self.texts_before[index])].append(index)
        for index in [*self.open_after]:
            if equal := waiting[self._content(self.after[index], self.texts_after[index])]:
                self._pair(equal.pop(), index)

    @staticmethod
    def _content(row: Row, texts: Counter[str]) -> tuple[frozenset[str], tuple[str, ...]]:
        return frozenset(row.nct_ids), tuple(sorted(texts.elements()))

    def _with_the_same_ids(self) -> Iterator[_Candidate]:
        by_ids = defaultdict(list)
        for index in self.open_before:
            by_ids[frozenset(self.before[index].nct_ids)].append(index)
        for after in self.open_after:
            ids = frozenset(self.after[after].nct_ids)
            for before in by_ids.get(ids, ()) if ids else ():
                yield self._candidate(before, after)

    def _alike(self) -> Iterator[_Candidate]:
        """Pairs with an id in common, or with half of their cells."""
        index = self._index()
        for after in self.open_after:
            row = self.after[after]
            found = {
                before
                for mark in (*self.texts_after[after], *row.nct_ids)
                for before in index.get(mark, ())
            }
            for before in found:
                candidate = self._candidate(before, after)
                if not candidate.shares_no_id or (
                    candidate.unlikeness <= 1 - _ALIKE and self._may_have_new_id(before, after)
                ):
                    yield candidate

    def _may_have_new_id(self, before: int, after: int) -> bool:
        """Whether two rows without a common id may be one whose id was edited: they have a text
        that no other row has, and neither of two ids is in both tables.
        """
        old_ids, new_ids = {*self.before[before].nct_ids}, {*self.after[after].nct_ids}
        if not (old_ids and new_ids):
            return True
        common = self.texts_before[before].keys() & self.texts_after[after].keys()
        return bool(common & self.own_texts) and not (
            old_ids & self.ids_after or new_ids & self.ids_before
        )

    def _index(self) -> dict[str, list[int]]:
        """The open rows of before by each text and id in them;
        texts that are everywhere are left out.
        """
        index = defaultdict(list)
        for before in self.open_before:
            for mark in {*self.texts_before[before], *self.before[before].nct_ids}:
                index[mark].append(before)
        return {mark: rows for mark, rows in index.items() if len(rows) <= _COMMON}

    def _pair_between_the_same_neighbours(self) -> None:
        """One row left on each side, between the same rows before and behind it,
        and with something in common.
        """
        for after in [*self.open_after]:
            before = self.pairs[after - 1] + 1 if after - 1 in self.pairs else 0
            if (after and after - 1 not in self.pairs) or before not in self.open_before:
                continue
            behind = self.pairs.get(after + 1, len(self.before))
            is_alone = behind == before + 1 and after + 1 not in self.open_after
            ids = {*self.before[before].nct_ids}, {*self.after[after].nct_ids}
            if is_alone and not all(ids) and self._likeness(before, after) >= _ALIKE_IN_PLACE:
                self._pair(before, after)

    def _candidate(self, before: int, after: int) -> _Candidate:
        common = {*self.before[before].nct_ids} & {*self.after[after].nct_ids}
        likeness = self._likeness(before, after)
        return _Candidate(not common, 1 - likeness, abs(before - after), before, after)

    def _likeness(self, before: int, after: int) -> float:
        """The share of printed cells that both rows have, under whatever header."""
        old, new = self.texts_before[before], self.texts_after[after]
        longest = max(old.total(), new.total())
        return (old & new).total() / longest if longest else 1.0


def _texts(row: Row) -> Counter[str]:
    """What is printed in a row, with each text's number; empty cells say nothing."""
    return Counter(text for cell in row.cells.values() if (text := _text(cell)))


def _own_texts(texts_of_rows: Iterable[Counter[str]]) -> set[str]:
    """The texts that only one row has."""
    rows = Counter(text for texts in texts_of_rows for text in texts)
    return {text for text, number in rows.items() if number == 1}


def _text(cell: str) -> str:
    return " ".join(cell.split())
