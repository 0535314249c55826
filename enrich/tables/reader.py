"""Reads a published table: its description (TOML) and its cells (CSV, as spreadsheets write it). Nothing is edited."""

import csv
import difflib
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from enrich.compare.context import CONTEXT_FIELDS
from enrich.compare.rules import RULES
from enrich.compare.vocabulary import OVERALL_STATUS
from enrich.dates import PartialDate, read_date
from enrich.errors import TableError
from enrich.models import MATERIAL, MINOR, NOISE, Column, Interest, Row, Table, Warned
from enrich.record.fields import FIELDS, LISTS
from enrich.tables.nct_ids import Found, find_ids
from enrich.text import normalize_label

_TEXT_KEYS = ("title", "file", "id_column", "accessed_column", "citation", "doi", "url", "licence")
_KEYS = (*_TEXT_KEYS, "published", "padded_dates", "columns", "notify")
_REQUIRED = ("file", "id_column")

csv.field_size_limit(10_000_000)


def find_tables(folder: Path) -> list[Path]:
    """Every description in *folder*, sorted by name; TableError if there is none."""
    found = sorted(folder.glob("*.toml"))
    if not found:
        raise TableError(
            f"no table in {folder}/: put a .toml beside a .csv there, or name one with --table"
        )
    return found


def read_tables(descriptions: Sequence[Path]) -> list[Table]:
    """The tables of these descriptions; TableError names the first file and key, row or column that cannot be used."""
    tables = [read_table(path) for path in dict.fromkeys(descriptions)]
    names = [table.name for table in tables]
    for path, name in zip(descriptions, names, strict=False):
        if names.count(name) > 1:
            raise TableError(
                f"{path}: another table is called {name!r} too; rename one of the .toml files"
            )
    return tables


def read_table(description: Path) -> Table:
    """The table that *description* (a .toml file) tells of."""
    told = _read_toml(description)
    file = _beside(description, told["file"])
    header, lines = _read_csv(file, told["id_column"])
    columns = _columns(description, told.get("columns", {}), header, file)
    _must_have(description, "id_column", told["id_column"], header, file)
    if "accessed_column" in told:
        _must_have(description, "accessed_column", told["accessed_column"], header, file)
    published = _published(description, told.get("published"))
    read = [
        _read_row(file, position, dict(zip(header, line, strict=True)), told, published)
        for position, line in enumerate(lines, 1)
    ]
    return Table(
        name=description.stem,
        title=told.get("title", description.stem),
        file=str(file),
        id_column=told["id_column"],
        header=header,
        columns=columns,
        rows=tuple(row for row, _ in read),
        warnings=tuple(warning for _, warnings in read for warning in warnings),
        published=published,
        padded_dates=told.get("padded_dates", False),
        interest=_interest(description, told.get("notify", {})),
        **{
            key: told[key]
            for key in ("citation", "doi", "url", "licence", "accessed_column")
            if key in told
        },
    )


# --- the description


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise TableError(f"{path}: not a TOML file: {error}") from error
    for key in told:
        _must_be_known(path, "key", key, _KEYS)
    for key in _REQUIRED:
        if key not in told:
            raise TableError(f"{path}: the key {key!r} is missing")
    _check_types(path, told)
    return told


def _check_types(path: Path, told: Mapping[str, Any]) -> None:
    expected = {
        **dict.fromkeys(_TEXT_KEYS, str),
        "padded_dates": bool,
        "columns": dict,
        "notify": dict,
    }
    _check_kinds(path, told, expected)


def _check_kinds(path: Path, told: Mapping[str, Any], expected: Mapping[str, type]) -> None:
    for key, kind in expected.items():
        if key in told and not isinstance(told[key], kind):
            raise TableError(f"{path}: {key!r} must be {_KIND[kind]}")


_KIND: Mapping[type, str] = {
    str: "text in quotes",
    bool: "true or false",
    dict: 'sections such as [columns."Phase"] or [notify]',
}


def _must_be_known(path: Path, what: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, list(known), n=1)
        raise TableError(
            f"{path}: unknown {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        )


def _must_have(path: Path, key: str, column: str, header: Sequence[str], file: Path) -> None:
    if column not in header:
        raise TableError(
            f"{path}: {key} names {column!r}, but {file.name} has no such column; it has {', '.join(map(repr, header))}"
        )


def _beside(description: Path, name: str) -> Path:
    """The CSV lies in the folder of its description or below: a description from elsewhere must not read other files."""
    folder = description.parent
    file = folder / name
    if (
        "\0" in name
        or Path(name).is_absolute()
        or not file.resolve().is_relative_to(folder.resolve())
    ):
        raise TableError(
            f"{description}: file {name!r} lies outside {folder}/; put the table beside its description"
        )
    return file


def _published(path: Path, value: Any) -> str | None:
    if isinstance(value, date):
        return value.isoformat()[:10]
    if value is None:
        return None
    try:
        return PartialDate(value).iso
    except (ValueError, TypeError) as error:
        raise TableError(f"{path}: 'published' must be a date such as 2021-03-09") from error


def _columns(
    path: Path, told: Mapping[str, Any], header: Sequence[str], file: Path
) -> tuple[Column, ...]:
    for name, section in told.items():
        where = f"columns.{name!r}"
        _must_have(path, where, name, header, file)
        if not isinstance(section, dict) or not section:
            raise TableError(f'{path}: {where} needs a list, such as says = ["phases"]')
        for key, fields in section.items():
            _must_be_known(path, f"key in {where}:", key, _SECTION)
            _check_fields(path, where, key, fields)
    return tuple(
        Column(name, **{key: tuple(dict.fromkeys(fields)) for key, fields in told[name].items()})
        for name in header
        if name in told
    )


# What a column may say with a verdict, and what may be shown beside it without one.
_SECTION: Mapping[str, Iterable[str]] = {"says": RULES, "shows": CONTEXT_FIELDS}


def _check_fields(path: Path, where: str, key: str, fields: Any) -> None:
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise TableError(f'{path}: {key} in {where} must be a list of fields, such as ["phases"]')
    for field in fields:
        _must_be_known(path, f"field in {where}, {key}:", field, _SECTION[key])


# --- what counts as news

# A status may be said as tables print it ("completed") or as the registry codes it; a wider word stands for several.
_STATUSES = {
    label: codes
    for labels in (OVERALL_STATUS.anywhere, OVERALL_STATUS.whole_cell)
    for label, codes in labels.items()
}
_CHOICES: Mapping[str, Iterable[str]] = {
    "fields": (*FIELDS, *LISTS),
    "kinds": (MATERIAL, MINOR, NOISE),
    "status": _STATUSES,
}
_LIMITS: Mapping[str, str] = {
    "enrollment_percent": "a share in percent, such as 25",
    "date_days": "a number of days, such as 90",
}


def _interest(path: Path, told: Mapping[str, Any]) -> Interest:
    for key in told:
        _must_be_known(path, "key in notify:", key, (*_CHOICES, *_LIMITS, "differences"))
    lists: dict[str, Any] = {
        key: _chosen(path, key, told[key], known) for key, known in _CHOICES.items() if key in told
    }
    if "status" in lists:
        lists["status"] = tuple(
            dict.fromkeys(code for word in lists["status"] for code in _STATUSES[word])
        )
    limits: dict[str, Any] = {
        key: _limit(path, key, told[key], such) for key, such in _LIMITS.items() if key in told
    }
    differences = told.get("differences", True)
    if not isinstance(differences, bool):
        raise TableError(f"{path}: 'differences' in notify must be true or false")
    return Interest(**lists, **limits, differences=differences)


def _chosen(path: Path, key: str, value: Any, known: Iterable[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise TableError(
            f'{path}: {key!r} in notify must be a list, such as {key} = ["{next(iter(known))}"]'
        )
    named = [normalize_label(name.replace("_", " ")) if key == "status" else name for name in value]
    for name in named:
        _must_be_known(path, f"name in notify, {key}:", name, known)
    return tuple(dict.fromkeys(named))


def _limit(path: Path, key: str, value: Any, such: str) -> Any:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value < float("inf")
    ):
        raise TableError(f"{path}: {key!r} in notify must be {such}")
    return value


# --- the cells


def _read_csv(file: Path, id_column: str) -> tuple[tuple[str, ...], list[list[str]]]:
    text, delimiter = _with_delimiter(_decoded(file), id_column)
    try:
        lines = _filled(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise TableError(f"{file}: {error}; is a quotation mark missing?") from error
    if not lines:
        raise TableError(f"{file}: the file is empty")
    header = tuple(name.strip() for name in lines[0])
    _check_header(file, header)
    for number, line in enumerate(lines[1:], 1):
        if len(line) != len(header):
            raise TableError(
                f"{file}: row {number} has {len(line)} cells, the header has {len(header)}; is a cell with a {delimiter!r} not quoted?"
            )
    return header, lines[1:]


def _filled(lines: Iterable[list[str]]) -> list[list[str]]:
    """The lines that hold anything, without the empty columns that spreadsheets write behind the last."""
    filled = [line for line in lines if any(cell.strip() for cell in line)]
    width = max(
        (place for line in filled for place, cell in enumerate(line, 1) if cell.strip()), default=0
    )
    return [line[:width] for line in filled]


def _decoded(file: Path) -> str:
    """The text of a file as spreadsheets save it: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise TableError(f"{file}: {error.strerror}") from error
    encodings = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise TableError(
                f"{file}: holds NUL characters; is it a spreadsheet file (.xlsx)? Save it as CSV"
            )
        return text
    raise TableError(f"{file}: not a text file; save it as CSV in UTF-8")


# A first line that only tells Excel the delimiter.
_HINT = re.compile(r'"?sep=([,;\t|])"?(?:\r\n?|\n)', re.I)


def _with_delimiter(text: str, id_column: str) -> tuple[str, str]:
    """The cells' text, and the sign that parts them: the one told, else the one under which the first line holds the id column."""
    hint = _HINT.match(text)
    return (text[hint.end() :], hint[1]) if hint else (text, _delimiter(text, id_column))


def _delimiter(text: str, id_column: str) -> str:
    """Excel writes semicolons where commas are decimal."""
    for delimiter in ",;\t":
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        if id_column in [name.strip() for name in header]:
            return delimiter
    return max(",;\t", key=text.split("\n", 1)[0].count)


def _check_header(file: Path, header: Sequence[str]) -> None:
    for name in header:
        if header.count(name) > 1:
            raise TableError(f"{file}: the header names the column {name!r} twice")


def _read_row(
    file: Path, position: int, cells: dict[str, str], told: Mapping[str, Any], published: str | None
) -> tuple[Row, list[Warned]]:
    column = told["id_column"]
    found = find_ids(cells[column], column_names_nct="NCT" in column.upper())
    warnings = [Warned(str(file), position, column, message) for message in _doubts(found)]
    accessed = published
    printed = cells[told["accessed_column"]].strip() if "accessed_column" in told else ""
    if printed:
        try:
            accessed = _day(printed)
        except ValueError as error:
            warnings.append(
                Warned(
                    str(file),
                    position,
                    told["accessed_column"],
                    f"{error}; taking the day the table was published",
                )
            )
    return Row(position, cells, found.ids, accessed), warnings


def _doubts(found: Found) -> list[str]:
    return [
        *(
            f"{misprint}; correct it, or the trial cannot be followed"
            for misprint in found.misprints
        ),
        *found.oddities,
        *(
            f"{nct_id} is named as a parent of this row's trial and is not followed"
            for nct_id in found.related
        ),
    ]


def _day(printed: str) -> str:
    """The day of access; a month alone cannot say which version of a record the authors saw."""
    iso = read_date(re.sub(r"^accessed (?:on )?", "", printed, flags=re.I)).iso
    if len(iso) != 10:
        raise ValueError(f"not a whole date: {printed!r}")
    return iso
