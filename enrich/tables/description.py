"""Reads the description of a published table:
a .toml file with the keys of `models.Description`.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from enrich.compare.cells.counts import PLACES
from enrich.dates import ORDERS, PartialDate
from enrich.errors import TableError
from enrich.files import read_file
from enrich.models import (
    Column,
    Description,
    Digest,
    Dismissal,
    KeyType,
    NewsRules,
    Rank,
    Recipient,
    Significance,
    SignOfLife,
    Watch,
)
from enrich.record.identity import is_nct_id
from enrich.record.search_query import PARAMETERS, URL, Query, read_query
from enrich.tables.headers import Strength, read_header
from enrich.text import normalize_label

_Value = TypeVar("_Value")
_Enum = TypeVar("_Enum", bound=StrEnum)

_MAIL = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+")
_VARIABLE = re.compile(r"ENRICH_NOTIFY_[A-Z0-9_]+")

# A description of a thousand columns has a tenth of it.
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class LegalNames:
    """The names that a description may use.

    *statuses* maps a printed status to the registry's codes.
    """

    compared: Collection[str]
    shown: Collection[str]
    changed: Collection[str]
    statuses: Mapping[str, tuple[str, ...]]


def read_description(path: Path, legal: LegalNames) -> tuple[Description, tuple[Recipient, ...]]:
    """The description in the file *path*, and who gets which news: its sections [notify] or
    [[notify]].

    Raises TableError, which names file and key and the way out.
    """
    body, reader = _parse_toml(path), _Reader(path, legal)
    description: Description = reader.section(Description, body, "")
    title = description.title or path.stem
    return replace(description, title=title), reader.recipients(body.get("notify", []))


def _parse_toml(path: Path) -> dict[str, Any]:
    if path.suffix.lower() != ".toml":
        refuse_document(path, path)
    try:
        return tomllib.loads(read_file(path, MOST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        refuse_document(path, path)
        raise TableError(f"{path}: not a TOML file: {error}") from error


def refuse_document(path: Path, file: Path, allowed: Collection[str] = ()) -> None:
    """Raises TableError, with the way out, where *file* is a document, whose tables `enrich init`
    reads; *path* is the file that named it, and *allowed* are kinds that are fine.
    """
    from shlex import quote

    from enrich.tables.documents.reader import recognize

    kind = recognize(file)
    if kind is not None and kind.name not in allowed:
        named = "that" if file == path else f"the file {file.name!r}"
        raise TableError(f"{path}: {named} is {kind.name}: run `enrich init {quote(str(file))}`")


class _WrongType(Exception):
    """The value is not of the type that its key needs."""


class _Reader:
    """Reads the sections of one description. *where* is the section in words, for messages."""

    def __init__(self, path: Path, legal: LegalNames) -> None:
        self._path = path
        self._legal = legal

    def section(self, model: type[Any], body: Mapping[str, Any], where: str, **given: Any) -> Any:
        """A *model* from the keys of one section; *given* are values that no key holds."""
        keys = {field.metadata.get("name", field.name): field for field in _keys_of(model)}
        for name in body:
            self._check_name(f"unknown key {name!r}{where}", name, keys)
        for name, field in keys.items():
            if name not in body and _is_required(field):
                self._fail(f"the key {name!r}{where} is missing")
        return model(
            **given,
            **{
                field.name: self._value(field, body[name], name, where)
                for name, field in keys.items()
                if name in body
            },
        )

    def _value(self, field: "Field[Any]", value: Any, name: str, where: str) -> Any:
        type_: KeyType = field.metadata["type"]
        try:
            return self._parsers[type_](self, value, f"{name!r}{where}")
        except _WrongType as error:
            self._fail(f"{name!r}{where} must be {type_}", error)

    def _text(self, value: Any, where: str) -> str:
        return _of_type(str, value)

    def _boolean(self, value: Any, where: str) -> bool:
        return _of_type(bool, value)

    def _date(self, value: Any, where: str) -> str:
        """ISO text; a date may lack its day, or month and day."""
        if isinstance(value, date):
            return value.isoformat()[:10]
        try:
            return PartialDate(value).iso
        except (ValueError, TypeError) as error:
            raise _WrongType from error

    def _order(self, value: Any, where: str) -> str:
        """How a date of three numbers is written."""
        if _of_type(str, value) not in ORDERS:
            raise _WrongType
        return str(value)

    def _place(self, value: Any, where: str) -> str:
        """Which number of a cell is meant."""
        if _of_type(str, value) not in PLACES:
            raise _WrongType
        return str(value)

    def _number(self, value: Any, where: str) -> float:
        if not 0 <= _of_number(value) < float("inf"):
            raise _WrongType
        return _of_number(value)

    def _file(self, value: Any, where: str) -> str:
        """The cells lie in the folder of their description or below it.

        A description that came from elsewhere must not read other files of this computer.
        """
        name = _of_type(str, value)
        folder = self._path.parent
        if (
            "\0" in name
            or Path(name).is_absolute()
            or not (folder / name).resolve().is_relative_to(folder.resolve())
        ):
            self._fail(
                f"the file {name!r} lies outside {folder}/; put the table beside its description"
            )
        return name

    def _names(self, value: Any, legal: Collection[str], where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise _WrongType
        for name in value:
            self._check_name(f"{where}: unknown name {name!r}", name, legal)
        return tuple(dict.fromkeys(value))

    def _some_names(self, value: Any, legal: Collection[str], where: str) -> tuple[str, ...]:
        if not value:  # an empty list would look like a restriction and be none
            raise _WrongType
        return self._names(value, legal, where)

    def _statuses(self, value: Any, where: str) -> tuple[str, ...]:
        """Codes. A status may be given as tables print it; a wide word stands for several codes."""
        words = [
            normalize_label(_of_type(str, word).replace("_", " ")) for word in _of_type(list, value)
        ]
        found = self._some_names(words, self._legal.statuses, where)
        return tuple(dict.fromkeys(code for word in found for code in self._legal.statuses[word]))

    def _columns(self, value: Any, where: str) -> tuple[Column, ...]:
        return tuple(
            self._column(name, section, f"columns.{name!r}")
            for name, section in _of_type(dict, value).items()
        )

    def _column(self, name: str, section: Any, where: str) -> Column:
        if not isinstance(section, dict) or not section:
            self._fail(f'{where} must be a section with a list, such as says = ["phases"]')
        column: Column = self.section(Column, section, f" in {where}", name=name)
        return column

    def _news_rules(self, value: Any, where: str) -> NewsRules:
        """The rules of the section without `to`: those of the table itself."""
        own = [recipient for recipient in self.recipients(value) if recipient.to is None]
        if len(own) > 1:
            self._fail("only one section [[notify]] may be without 'to'")
        return own[0].rules if own else NewsRules()

    def recipients(self, value: Any) -> tuple[Recipient, ...]:
        """The recipients of one section [notify], or of several [[notify]]."""
        sections = [value] if isinstance(value, dict) else _of_type(list, value)
        return tuple(
            self.section(Recipient, _of_type(dict, section), " in notify") for section in sections
        )

    def _address(self, value: Any, where: str) -> str:
        """Addresses with passwords do not belong into a description: it travels in git."""
        if not isinstance(value, str) or not (_MAIL.fullmatch(value) or _VARIABLE.fullmatch(value)):
            raise _WrongType
        return value

    def _nct_ids(self, value: Any, where: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_one_or_more(value)))

    def _cells(self, value: Any, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Columns, each with the cells to follow: one in quotes, or a list of them."""
        if not _of_type(dict, value):
            raise _WrongType
        return tuple((column, _one_or_more(cells)) for column, cells in value.items())

    def _dismissals(self, value: Any, where: str) -> tuple[Dismissal, ...]:
        """One for each trial and field; the last one counts."""
        found = [
            self.section(Dismissal, _of_type(dict, section), " in dismissed")
            for section in _of_type(list, value)
        ]
        return tuple({(entry.nct_id, entry.field): entry for entry in found}.values())

    def _nct_id(self, value: Any, where: str) -> str:
        if not is_nct_id(_of_type(str, value)):
            raise _WrongType
        return str(value)

    def _compared_field(self, value: Any, where: str) -> str:
        name = _of_type(str, value)
        self._check_name(f"{where}: unknown name {name!r}", name, self._legal.compared)
        return name

    def _reason(self, value: Any, where: str) -> str:
        if not _of_type(str, value).strip():
            raise _WrongType
        return str(value)

    def _rank(self, value: Any, where: str) -> Rank:
        ranks = {rank.word: rank for rank in Rank if rank != Rank.TABLE}
        if _of_type(str, value) not in ranks:
            raise _WrongType
        return ranks[value]

    def _digest(self, value: Any, where: str) -> Digest:
        return _of_enum(Digest, value)

    def _sign_of_life(self, value: Any, where: str) -> SignOfLife:
        return _of_enum(SignOfLife, value)

    def _search(self, value: Any, where: str) -> Query:
        """The registry's parameters; `query.cond` may stand in quotes or not."""
        keys = dict(_flat(_of_type(dict, value)))
        for name, text in keys.items():
            self._check_name(f"unknown key {name!r} in search", name, (*PARAMETERS, URL))
            if not isinstance(text, str):
                self._fail(f"{name!r} in search must be {KeyType.TEXT}")
        try:
            return read_query(keys)
        except ValueError as error:
            self._fail(f"search: {error}", error)

    def _watch(self, value: Any, where: str) -> Watch:
        watch: Watch = self.section(Watch, _of_type(dict, value), " in watch")
        return watch

    def _place_on_earth(self, value: Any, where: str) -> str | tuple[float, float]:
        """A city by its name, or degrees north and east."""
        if isinstance(value, str):
            return self._reason(value, where).strip()
        if len(_of_type(list, value)) != 2:
            raise _WrongType
        latitude, longitude = (_of_number(degrees) for degrees in value)
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            self._fail(
                f"{where}: latitude is from -90 to 90 and longitude from -180 to 180 degrees,"
                " in this order"
            )
        return latitude, longitude

    def _kilometres(self, value: Any, where: str) -> float:
        if not 0 < _of_number(value) < float("inf"):
            raise _WrongType
        return float(value)

    def _check_name(self, fault: str, name: str, legal: Collection[str]) -> None:
        if name not in legal:
            near = _meant(name, legal)
            suggestion = (
                f"did you mean {' or '.join(map(repr, near))}?"
                if near
                else f"possible are {', '.join(legal)}"
            )
            self._fail(f"{fault}; {suggestion}")

    def _fail(self, message: str, cause: Exception | None = None) -> NoReturn:
        raise TableError(f"{self._path}: {message}") from cause

    _parsers: Mapping[KeyType, Callable[["_Reader", Any, str], Any]] = {
        KeyType.TEXT: _text,
        KeyType.BOOLEAN: _boolean,
        KeyType.DATE: _date,
        KeyType.DATE_ORDER: _order,
        KeyType.PLACE: _place,
        KeyType.PERCENT: _number,
        KeyType.DAYS: _number,
        KeyType.COLUMN: _text,
        KeyType.FILE: _file,
        KeyType.COMPARED_FIELDS: lambda self, value, where: self._names(
            value, self._legal.compared, where
        ),
        KeyType.SHOWN_FIELDS: lambda self, value, where: self._names(
            value, self._legal.shown, where
        ),
        KeyType.CHANGED_FIELDS: lambda self, value, where: self._some_names(
            value, self._legal.changed, where
        ),
        KeyType.SIGNIFICANCES: lambda self, value, where: tuple(
            map(Significance, self._some_names(value, tuple(Significance), where))
        ),
        KeyType.STATUSES: _statuses,
        KeyType.COLUMNS: _columns,
        KeyType.DISMISSALS: _dismissals,
        KeyType.NCT_ID: _nct_id,
        KeyType.COMPARED_FIELD: _compared_field,
        KeyType.REASON: _reason,
        KeyType.NEWS_RULES: _news_rules,
        KeyType.ADDRESS: _address,
        KeyType.NCT_IDS: _nct_ids,
        KeyType.CELLS: _cells,
        KeyType.RANK: _rank,
        KeyType.DIGEST: _digest,
        KeyType.SIGN_OF_LIFE: _sign_of_life,
        KeyType.SEARCH: _search,
        KeyType.WATCH: _watch,
        KeyType.PLACE_ON_EARTH: _place_on_earth,
        KeyType.KILOMETRES: _kilometres,
    }


def _meant(name: str, legal: Collection[str]) -> list[str]:
    """The legal names that *name* may stand for: what tables call so, else the nearest in spelling.

    >>> _meant("participants", ["enrollment", "start_date", "completion_date"])
    ['enrollment']
    >>> _meant("end_date", ["enrollment", "start_date", "completion_date"])
    ['completion_date']
    >>> _meant("enrolmnt", ["enrollment", "start_date", "completion_date"])
    ['enrollment']
    """
    header = read_header(name)
    called = [field for field in header.fields if header.strength(field) is Strength.NAME]
    fields = [field for field in called if field in legal]
    from difflib import get_close_matches  # of use for a mistake alone

    return fields[:2] or get_close_matches(name, list(legal), n=1)


def _keys_of(model: type[Any]) -> "tuple[Field[Any], ...]":
    """The fields of *model* that are keys of a description."""
    return tuple(field for field in fields(model) if "type" in field.metadata)


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING


def _flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The keys of a section with those of the sections in it: TOML reads `a.b = 1` as two.

    >>> dict(_flat({"query": {"cond": "asthma"}, "aggFilters": "sex:f"}))
    {'query.cond': 'asthma', 'aggFilters': 'sex:f'}
    """
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _of_type(type_: type[_Value], value: Any) -> _Value:
    if not isinstance(value, type_):
        raise _WrongType
    return value


def _of_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongType
    return value


def _of_enum(type_: type[_Enum], value: Any) -> _Enum:
    try:
        return type_(value)
    except ValueError as error:
        raise _WrongType from error


def _one_or_more(cells: Any) -> tuple[str, ...]:
    found = [cells] if isinstance(cells, str) else _of_type(list, cells)
    if not found:
        raise _WrongType
    return tuple(_of_type(str, cell) for cell in found)
