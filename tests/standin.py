"""A stand-in for ClinicalTrials.gov on loopback: its answers, its nightly loads and its bad days.

It plays the part of the registry that a client fetching whole records by id meets. What it
does not play (searching, sorting, CSV) it refuses with 501, so that no test can lean on it.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import copy
import functools
import gc
import gzip
import html
import json
import re
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

Study = dict[str, Any]
Query = Mapping[str, str]

NCT_ID = "protocolSection.identificationModule.nctId"
ALIASES = "protocolSection.identificationModule.nctIdAliases"
VERSION_HOLDER = "derivedSection.miscInfoModule.versionHolder"


# --- records ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One request as it came in; header names are spelled as the client spelled them."""

    kind: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class History:
    """The versions of one record, oldest first: (date submitted, labels of what changed, study as v2 prints it)."""

    versions: Sequence[tuple[str, list[str], Study]]


@dataclass(frozen=True)
class Answer:
    """One answer, before compression."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request cannot be answered as asked; carries the answer it gets instead."""

    def __init__(self, status: int, words: str = "", **headers: str) -> None:
        super().__init__(words)
        self.answer = text(status, words, headers)


# --- studies ---------------------------------------------------------------------------------


def at(study: Study, path: str) -> Any:
    """What stands at a dotted path, or None."""
    value: Any = study
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def put(study: Study, path: str, value: Any) -> None:
    """Write at a dotted path, adding the modules on the way."""
    *modules, last = path.split(".")
    for key in modules:
        study = study.setdefault(key, {})
    study[last] = value


def stamped(study: Study, day: str) -> Study:
    """The study as a load of that day shows it; the original is left alone."""
    derived = study.get("derivedSection", {})
    misc = {**derived.get("miscInfoModule", {}), "versionHolder": day}
    return {**study, "derivedSection": {**derived, "miscInfoModule": misc}}


def trimmed(study: Study, paths: Iterable[str]) -> Study:
    """Only these paths of a study."""
    kept: Study = {}
    for path in paths:
        if (value := at(study, path)) is not None:
            put(kept, path, value)
    return kept


def compact(value: Any) -> bytes:
    """JSON as the registry writes it: no blanks, no ASCII escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def normal_id(text: str) -> str | None:
    """An id in canonical spelling, or None where the registry calls it malformed."""
    found = re.fullmatch(r"NCT0*([1-9]\d{0,7})", text, re.IGNORECASE | re.ASCII)
    return f"NCT{int(found[1]):08d}" if found else None


# --- loads -----------------------------------------------------------------------------------


def moment(loaded: str) -> datetime:
    """A data timestamp as a time; it has no offset, and is UTC."""
    return datetime.fromisoformat(loaded).replace(tzinfo=UTC)


def etag_of(loaded: str) -> str:
    """The tag of a load: nothing in it depends on the URL or the study."""
    return f'"883b003/0.34.1/{base36(int(moment(loaded).timestamp()) * 1000)}"'


def base36(number: int) -> str:
    """A positive number in base 36."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def next_night(loaded: str) -> str:
    """When the next load is due: there is none on Saturdays and Sundays."""
    day = moment(loaded) + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return f"{day:%Y-%m-%d}T09:00:05"


class Registry:
    """The records of the registry, the load they came with, and what happens to them at night."""

    def __init__(
        self,
        studies: Iterable[Study],
        *,
        loaded: str = "2026-09-04T09:00:06",
        histories: Mapping[str, History] | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.loaded = loaded
        self._studies = {str(at(study, NCT_ID)): study for study in studies}
        self._histories = dict(histories or {})
        self._lines: dict[str, bytes] = {}
        self._aliases = self._read_aliases()

    @property
    def etag(self) -> str:
        """The ETag in force."""
        return etag_of(self.loaded)

    @property
    def day(self) -> str:
        """The day of the load in force."""
        return self.loaded[:10]

    def next_load(self, loaded: str | None = None) -> None:
        """A new nightly load: the timestamp, the ETag and every versionHolder move, and nothing else."""
        with self.lock:
            self.loaded = loaded or next_night(self.loaded)
            self._lines.clear()

    def change(self, nct_id: str, edit: Callable[[Study], object]) -> None:
        """Edit a copy of one study in place; it shows at once, under the ETag in force."""
        with self.lock:
            study = copy.deepcopy(self._studies[nct_id])
            edit(study)
            self._studies[nct_id] = study
            self._lines.pop(nct_id, None)
            self._aliases = self._read_aliases()

    def remove(self, nct_id: str) -> None:
        """Take a study out of the registry, with its aliases and its history."""
        with self.lock:
            del self._studies[nct_id]
            self._histories.pop(nct_id, None)
            self._aliases = self._read_aliases()

    def merge(self, old_id: str, into_id: str) -> None:
        """Make one study an alias of another; its own aliases go with it."""
        with self.lock:
            inherited = [old_id, *(at(self._studies[old_id], ALIASES) or [])]
            self.change(into_id, lambda study: put(study, ALIASES, [*(at(study, ALIASES) or []), *inherited]))
            self.remove(old_id)

    def ordinary_night(self) -> dict[str, str]:
        """A new load with everything that happens overnight, each to another study; says what happened to whom."""
        with self.lock:
            chosen = self._choose_for_the_night()
            self.next_load()
            for what, (_, edit) in NIGHT.items():
                self.change(chosen[what], functools.partial(edit, self.day))
            self._add_version(chosen["changed"], ["Study Status", "Study Design"])
            self.remove(chosen["removed"])
            self.merge(chosen["merged"], chosen["changed"])
            return {**chosen, "merged_into": chosen["changed"]}

    def resolve(self, nct_id: str) -> str | None:
        """The canonical id behind an id or alias, if the registry knows either."""
        return nct_id if nct_id in self._studies else self._aliases.get(nct_id)

    def matching(self, filter_ids: str | None) -> list[str]:
        """The ids a search shows, newest first: never in the order asked."""
        with self.lock:
            if filter_ids is None:
                return sorted(self._studies, reverse=True)
            found = {self.resolve(nct_id) for nct_id in listed_ids(filter_ids)}
            return sorted(filter(None, found), reverse=True)

    def line(self, nct_id: str, paths: Collection[str] = ()) -> bytes:
        """One study as the load in force prints it."""
        if paths:
            return compact(trimmed(stamped(self._studies[nct_id], self.day), paths))
        if nct_id not in self._lines:
            self._lines[nct_id] = compact(stamped(self._studies[nct_id], self.day))
        return self._lines[nct_id]

    def history(self, nct_id: str) -> History | None:
        """The versions of a record. The history endpoint knows no aliases."""
        return self._histories.get(nct_id)

    def _read_aliases(self) -> dict[str, str]:
        return {alias: nct_id for nct_id, study in self._studies.items() for alias in at(study, ALIASES) or ()}

    def _choose_for_the_night(self) -> dict[str, str]:
        """A study of its own for each event, lowest ids first; too few studies is an error, not a quiet night."""
        spare = sorted(self._studies)
        chosen = {}
        for what, suits in BEFALLS.items():
            fitting = [nct_id for nct_id in spare if suits(self._studies[nct_id])]
            if not fitting:
                raise ValueError(f"no study is left that could be the night's {what!r}: it takes at least six, one of them with a geo point")
            chosen[what] = fitting[0]
            spare.remove(fitting[0])
        return chosen

    def _add_version(self, nct_id: str, labels: list[str]) -> None:
        """A record that keeps a history gets its new content as one more version."""
        if nct_id in self._histories:
            newest = (self.day, labels, self._studies[nct_id])
            self._histories[nct_id] = History([*self._histories[nct_id].versions, newest])


# --- an ordinary night -----------------------------------------------------------------------


def any_study(study: Study) -> bool:
    """Any study will do."""
    return True


def first_geo_point(study: Study) -> Study | None:
    """The first geo point among a study's sites."""
    sites = at(study, "protocolSection.contactsLocationsModule.locations") or ()
    return next((site["geoPoint"] for site in sites if "geoPoint" in site), None)


def move_geo_point(day: str, study: Study) -> None:
    """The registry re-computed where a site lies."""
    point = first_geo_point(study)
    assert point, "chosen because it has one"
    point["lat"] = round(point["lat"] + 0.01, 5)


def has_known_status(study: Study) -> bool:
    """Whether the status can still lapse."""
    return at(study, "protocolSection.statusModule.overallStatus") not in (None, "UNKNOWN")


def lapse(day: str, study: Study) -> None:
    """Nobody verified the record for two years: its status becomes UNKNOWN, and no date moves."""
    status = study["protocolSection"]["statusModule"]
    status["lastKnownStatus"] = status["overallStatus"]
    status["overallStatus"] = "UNKNOWN"


def add_derived_reference(day: str, study: Study) -> None:
    """A publication that names the trial was found in PubMed."""
    path = "protocolSection.referencesModule.references"
    found = {"pmid": "39999999", "type": "DERIVED", "citation": "Doe J. A trial, reported. J Invented Res. 2026."}
    put(study, path, [*(at(study, path) or []), found])


def update(day: str, study: Study) -> None:
    """The sponsor sent a new version of the record."""
    enrolled = at(study, "protocolSection.designModule.enrollmentInfo.count") or 0
    put(study, "protocolSection.designModule.enrollmentInfo.count", enrolled + 1)
    put(study, "protocolSection.statusModule.statusVerifiedDate", day[:7])
    put(study, "protocolSection.statusModule.lastUpdateSubmitDate", day)
    put(study, "protocolSection.statusModule.lastUpdatePostDateStruct", {"date": day, "type": "ACTUAL"})


# What befalls one study each: whom it may befall, and what it does. The choosiest come first.
NIGHT: dict[str, tuple[Callable[[Study], object], Callable[[str, Study], None]]] = {
    "geo_point": (first_geo_point, move_geo_point),
    "unknown": (has_known_status, lapse),
    "reference": (any_study, add_derived_reference),
    "changed": (any_study, update),
}
BEFALLS = {**{what: suits for what, (suits, _) in NIGHT.items()}, "merged": any_study, "removed": any_study}


# --- history ---------------------------------------------------------------------------------

PROSE = {"briefSummary", "detailedDescription", "eligibilityCriteria", "description"}
NEVER_ESCAPED = {"city", "state", "country"}
OUTCOMES = "protocolSection.outcomesModule"
FOLLOWED = {
    "primaryOutcomes": f"{OUTCOMES}.primaryOutcomes",
    "secondaryOutcomes": f"{OUTCOMES}.secondaryOutcomes",
    "enrollmentInfo": "protocolSection.designModule.enrollmentInfo",
}
ORIGINALS = {
    **FOLLOWED,
    "orgFullName": "protocolSection.identificationModule.organization.fullName",
    "responsibleParty": "protocolSection.sponsorCollaboratorsModule.responsibleParty",
    "leadSponsor": "protocolSection.sponsorCollaboratorsModule.leadSponsor",
}


def overview(history: History) -> Study:
    """The list of a record's versions, with the extras the website shows above it."""
    studies = [study for _, _, study in history.versions]
    return {
        "changes": [change_entry(number, *version) for number, version in enumerate(history.versions)],
        "originalData": present(dict(original(name, path, studies) for name, path in ORIGINALS.items())),
        "lastUpdateVersions": last_updates(studies),
        "outcomesUpdateCount": sum("Outcome Measures" in labels for _, labels, _ in history.versions),
    }


def change_entry(number: int, date: str, labels: list[str], study: Study) -> Study:
    """One line of the overview."""
    return present(
        {
            "version": number,
            "date": date,
            "status": at(study, "protocolSection.statusModule.overallStatus"),
            "studyType": at(study, "protocolSection.designModule.studyType"),
            "moduleLabels": labels,
        }
    )


def original(name: str, path: str, studies: Sequence[Study]) -> tuple[str, Any]:
    """What the first version said, or only that the last one still says so."""
    first, last = at(studies[0], path), at(studies[-1], path)
    return (f"{name}Same", True) if first == last else (name, in_html(first))


def present(entries: Study) -> Study:
    """Without what is None: the registry leaves out what is absent."""
    return {name: value for name, value in entries.items() if value is not None}


def last_updates(studies: Sequence[Study]) -> dict[str, int]:
    """The number of the version that last touched each followed part."""
    parts = {name: last_update(path, studies) for name, path in FOLLOWED.items()}
    return {"outcomes": max(parts["primaryOutcomes"], parts["secondaryOutcomes"]), **parts}


def last_update(path: str, studies: Sequence[Study]) -> int:
    """The number of the last version that changed what stands at a path."""
    values = [at(study, path) for study in studies]
    return max((i for i in range(1, len(values)) if values[i] != values[i - 1]), default=0)


def in_html(value: Any, key: str = "") -> Any:
    """A value as the history endpoint prints it: every text escaped, titles and links included."""
    if isinstance(value, dict):
        return {name: in_html(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [in_html(inner, key) for inner in value]
    if isinstance(value, str) and key not in NEVER_ESCAPED:
        return paragraphs(value, key) if key in PROSE else escaped(value)
    return value


def escaped(text: str) -> str:
    """Text with entities, and without the backslashes Markdown needed."""
    return html.escape(re.sub(r"\\([^\w\s])", r"\1", text)).replace("/", "&#x2F;")


def paragraphs(prose: str, key: str) -> str:
    """Prose with its paragraphs and bullets as tags; a single paragraph goes without, but for criteria."""
    if "\n\n" not in prose and key != "eligibilityCriteria":
        return escaped(prose)
    return "".join(map(paragraph, prose.split("\n\n")))


def paragraph(block: str) -> str:
    """One paragraph, or one list of bullets."""
    if not block.startswith("* "):
        return f"<p>{escaped(block)}</p>"
    points = "".join(f"<li>{escaped(point)}</li>" for point in block[2:].split("\n* "))
    return f"<ul>{points}</ul>"


# --- requests --------------------------------------------------------------------------------

# Known to the registry, not to us: refused aloud, because an ignored filter would answer too much.
NOT_PLAYED = {
    *(f"query.{area}" for area in ("cond", "term", "locn", "titles", "intr", "outc", "spons", "lead", "id", "patient")),
    *(f"{when}.{what}" for when in ("filter", "postFilter") for what in ("overallStatus", "geo", "advanced", "synonyms")),
    *("postFilter.ids", "aggFilters", "geoDecay", "sort"),
}
ONLY_PLAYED_AS = {"format": "json", "markupFormat": "markdown"}
OF_A_STUDY = frozenset({"fields", *ONLY_PLAYED_AS})
OF_A_SEARCH = OF_A_STUDY | {"filter.ids", "pageSize", "pageToken", "countTotal", *NOT_PLAYED}

SECTIONS = ("protocolSection", "resultsSection", "annotationSection", "documentSection", "derivedSection", "hasResults")
PIECES = {
    **{section[0].upper() + section[1:]: section for section in SECTIONS},
    "NCTId": NCT_ID,
    "NCTIdAlias": ALIASES,
    "BriefTitle": "protocolSection.identificationModule.briefTitle",
    "StatusModule": "protocolSection.statusModule",
    "OverallStatus": "protocolSection.statusModule.overallStatus",
    "LastUpdateSubmitDate": "protocolSection.statusModule.lastUpdateSubmitDate",
    "LastUpdatePostDate": "protocolSection.statusModule.lastUpdatePostDateStruct.date",
    "VersionHolder": VERSION_HOLDER,
}
FATAL_FIELDS = {"ConditionList", "InterventionList"}


def check_parameters(query: Query, allowed: Collection[str]) -> None:
    """Refuse what the registry refuses, and what we do not play."""
    for name, value in query.items():
        if name not in allowed:
            raise Refused(400, f"`{name}` is unknown parameter")
        if name in NOT_PLAYED or value != ONLY_PLAYED_AS.get(name, value):
            raise Refused(501, f"the stand-in does not play `{name}={value}`")


def items(value: str) -> list[str]:
    """A list parameter, written with commas or pipes."""
    return re.split(r"[,|]", value)


def listed_ids(value: str) -> Iterator[str]:
    """The ids of a list, where one malformed item sinks the whole request."""
    for position, item in enumerate(items(value), 1):
        if not (nct_id := normal_id(item)):
            raise Refused(400, f"Item {position} in parameter `filter.ids` has incorrect format")
        yield nct_id


def asked_paths(fields: str | None) -> list[str]:
    """The paths behind a list of fields; an empty list is the whole record."""
    return [asked_path(name) for name in items(fields)] if fields is not None else []


def asked_path(name: str) -> str:
    """The path behind one field name."""
    if name in FATAL_FIELDS:
        raise Refused(500)
    if name not in PIECES and not name.startswith(SECTIONS):
        raise Refused(400, f"Parameter 'fields' contains invalid field name: '{name}'")
    return PIECES.get(name, name)


def page_size(value: str) -> int:
    """How many studies fit on a page: 0 means 10, and nothing is over 1000."""
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise Refused(400, f"Invalid value in parameter `pageSize`: `{value}`")
    return min(int(value) or 10, 1000)


def token(offset: int, turn: int = 0) -> str:
    """A page token. It knows an offset and not the query; the turn only makes it look different."""
    return base64.urlsafe_b64encode(f"{turn:013d}/{offset:013d}".encode()).decode()


def read_token(query: Query) -> tuple[int, int]:
    """The offset and turn of the token asked with; the first page has neither."""
    if "pageToken" not in query:
        return 0, 0
    try:
        turn, offset = map(int, base64.urlsafe_b64decode(query["pageToken"]).split(b"/"))
    except ValueError:
        raise Refused(400, "Parameter `pageToken` has incorrect format") from None
    return offset, turn


# --- answers ---------------------------------------------------------------------------------


def text(status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An error: plain text without a newline, or nothing at all."""
    kind = {"Content-Type": "text/plain; charset=UTF-8"} if words else {}
    return Answer(status, words.encode(), {**kind, **(headers or {})})


def web_page(status: int, title: str) -> Answer:
    """An HTML page, as proxies and maintenance show it."""
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, page.encode(), {"Content-Type": "text/html"})


def as_json(body: bytes) -> Answer:
    """An answer with content."""
    return Answer(200, body, {"Content-Type": "application/json"})


def page_of(lines: Iterable[bytes], next_token: str | None, total: int | None = None) -> bytes:
    """One page of studies, one a line, byte for byte as the registry lays it out."""
    count = b'"totalCount":%d,' % total if total is not None else b""
    following = b',"nextPageToken":"%s"' % next_token.encode() if next_token else b""
    return b"".join((b"{", count, b'"studies":[\n', b",\n".join(lines), b"\n]", following, b"}"))


def gate(registry: Registry, query: Query) -> Answer:
    """/api/v2/version: which load is in force."""
    return as_json(compact({"apiVersion": "2.0.5", "dataTimestamp": registry.loaded}))


def search(registry: Registry, query: Query) -> Answer:
    """/api/v2/studies: a page. A full page has a token, whether or not anything follows."""
    found = registry.matching(query.get("filter.ids"))
    paths = asked_paths(query.get("fields"))
    size = page_size(query.get("pageSize", "10"))
    offset, _ = read_token(query)
    shown = found[offset : offset + size]
    counted = query.get("countTotal") == "true" and "pageToken" not in query
    return as_json(
        page_of(
            (registry.line(nct_id, paths) for nct_id in shown),
            token(offset + size) if len(shown) == size else None,
            len(found) if counted else None,
        )
    )


def single(registry: Registry, query: Query, asked_id: str) -> Answer:
    """/api/v2/studies/{id}: a record; under an alias the way to it, which loses the query."""
    if not (nct_id := normal_id(asked_id)):
        raise Refused(400, "Parameter `nctId` has incorrect format")
    if not (canonical := registry.resolve(nct_id)):
        raise Refused(404, f"NCT number {nct_id} not found")
    if canonical != nct_id:
        raise Refused(301, Location=f"/api/v2/studies/{canonical}")
    return as_json(registry.line(nct_id, asked_paths(query.get("fields"))))


def enums(registry: Registry, query: Query) -> Answer:
    """/api/v2/studies/enums: two of the types."""
    phase = {"type": "Phase", "pieces": ["Phase"], "values": [{"value": "NA", "legacyValue": "Not Applicable"}]}
    sex = {"type": "Sex", "pieces": ["Sex"], "values": [{"value": "ALL", "legacyValue": "All"}]}
    return as_json(compact([phase, sex]))


def history_overview(registry: Registry, query: Query, asked_id: str) -> Answer:
    """/api/int/studies/{id}/history."""
    return as_json(compact(overview(known_history(registry, asked_id))))


def history_version(registry: Registry, query: Query, asked_id: str, number: str) -> Answer:
    """/api/int/studies/{id}/history/{version}."""
    versions = known_history(registry, asked_id).versions
    if int(number) >= len(versions):
        raise Refused(404, f"No study {asked_id} history version {number}")
    return as_json(compact({"studyVersion": int(number), "study": in_html(versions[int(number)][2])}))


def known_history(registry: Registry, asked_id: str) -> History:
    """The history of a study that has one."""
    if not (history := registry.history(normal_id(asked_id) or asked_id)):
        raise Refused(404, f"No study {asked_id} history summary")
    return history


def front(registry: Registry, query: Query) -> Answer:
    """/: the website."""
    return web_page(200, "ClinicalTrials.gov")


def nowhere(registry: Registry, query: Query) -> Answer:
    """Any path the registry does not have."""
    return Answer(404)


@dataclass(frozen=True)
class Route:
    """A path, the kind its requests are logged as, who answers, and which parameters it takes."""

    path: str
    kind: str
    view: Callable[..., Answer]
    parameters: Collection[str] = ()


ROUTES = (
    Route(r"/api/v2/version", "gate", gate),
    Route(r"/api/v2/studies", "batch", search, OF_A_SEARCH),
    Route(r"/api/v2/studies/enums", "other", enums),
    Route(r"/api/v2/studies/([^/]+)", "single", single, OF_A_STUDY),
    Route(r"/api/int/studies/([^/]+)/history", "history", history_overview),
    Route(r"/api/int/studies/([^/]+)/history/([0-9]{1,9})", "version", history_version),
    Route(r"/", "other", front),
)
KINDS = {"any", "page", *(route.kind for route in ROUTES)}


def find_route(path: str) -> tuple[Route, tuple[str, ...]]:
    """The route of a path, and the variable parts of the path."""
    for route in ROUTES:
        if found := re.fullmatch(route.path, path):
            return route, found.groups()
    return Route(path, "other", nowhere), ()


def read_request(target: str, headers: Message) -> Asked:
    """A request line and its headers, taken apart."""
    url = urlsplit(target)
    path, query = unquote(url.path), dict(parse_qsl(url.query, keep_blank_values=True))
    kind = find_route(path)[0].kind
    return Asked("page" if kind == "batch" and "pageToken" in query else kind, path, query, dict(headers.items()))


def answer_to(asked: Asked, registry: Registry) -> Answer:
    """What the registry says to a request."""
    route, parts = find_route(asked.path)
    try:
        if route.view is not nowhere:
            check_parameters(asked.query, route.parameters)
        with registry.lock:
            answer = route.view(registry, asked.query, *parts)
            # Under the same lock as the body, so that a tag never names another load than its body.
            tag = {"ETag": registry.etag} if answer.status == 200 else {}
            return replace(answer, headers={**answer.headers, **tag})
    except Refused as refused:
        return refused.answer


# --- the server ------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """One connection. A fault gets this in its hands, and must answer `asked` or end the connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    asked: Asked

    def do_GET(self) -> None:
        """Log the request, then answer it, well or badly."""
        self.asked = read_request(self.path, self.headers)
        (self.standin.log(self.asked) or as_usual)(self)

    do_HEAD = do_GET

    def refuse(self) -> None:
        """The registry is read-only. The body of the request stays unread, so the connection ends here."""
        self.standin.log(read_request(self.path, self.headers))
        self.send(Answer(405, headers={"Allow": "GET, HEAD", "Connection": "close"}))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = refuse

    @property
    def standin(self) -> StandIn:
        """The registry behind this connection."""
        return self.server.standin

    def usual(self) -> Answer:
        """The right answer, whatever the client may have cached."""
        answer = answer_to(self.asked, self.standin)
        return answer if self.standin.tagged else without(answer, "ETag")

    def send(self, answer: Answer) -> None:
        """Send a whole answer, compressed if the client likes."""
        answer = self.compressed(answer)
        length = {} if answer.status == 304 else {"Content-Length": str(len(answer.body))}
        self.send_head(answer.status, {**answer.headers, **length})
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers alone."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def compressed(self, answer: Answer) -> Answer:
        """Content in gzip, if the client takes it; errors and what is packed already stay as they are."""
        as_it_is = "Content-Encoding" in answer.headers or answer.headers.get("Content-Type") != "application/json"
        if as_it_is or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return answer
        body = gzip.compress(answer.body, compresslevel=1, mtime=0)
        return replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"})

    def version_string(self) -> str:
        """The Server header."""
        return "istio-envoy"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr; `StandIn.requests` is the log."""


class Server(ThreadingHTTPServer):
    """The listening socket. It knows its open connections, so that none outlives it."""

    request_queue_size = 128

    def __init__(self, standin: StandIn, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.standin = standin
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, then serve it in a thread of its own."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is a mistake in here, and shows."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """End at once, whatever the connections are doing."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            # Another thread may be closing it just now.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@dataclass
class Planned:
    """A fault that waits for its turn."""

    fault: Fault
    on: str
    times: int | None
    after: int

    def due(self, kind: str) -> bool:
        """Whether it is the turn of a request of this kind; each one passed over brings it nearer."""
        if self.on not in ("any", kind) or self.times == 0:
            return False
        waiting, self.after = self.after > 0, max(0, self.after - 1)
        return not waiting

    def spend(self) -> Fault:
        """Use the fault up, once."""
        if self.times is not None:
            self.times -= 1
        return self.fault


class StandIn(Registry):
    """A registry on loopback that answers as ClinicalTrials.gov does.

    The studies given are not copied: edit them through `change`, never behind its back.
    """

    def __init__(
        self,
        studies: Iterable[Study],
        *,
        loaded: str = "2026-09-04T09:00:06",
        histories: Mapping[str, History] | None = None,
        etag: bool = True,
        port: int = 0,
    ) -> None:
        super().__init__(studies, loaded=loaded, histories=histories)
        self.requests: list[Asked] = []
        self.tagged = etag
        self._planned: list[Planned] = []
        self._server = Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.stop()
        self._thread.join()

    def fail(self, fault: str | Fault, *, on: str = "any", times: int | None = 1, after: int = 0) -> None:
        """Plan a fault for the next requests of one kind; `times=None` is for ever. Of several due, the first planned goes first."""
        if on not in KINDS:
            raise ValueError(f"no requests are of the kind {on!r}; there are {', '.join(sorted(KINDS))}")
        if isinstance(fault, str) and fault not in FAULTS:
            raise ValueError(f"no fault is called {fault!r}; there are {', '.join(FAULTS)}")
        with self.lock:
            self._planned.append(Planned(FAULTS[fault] if isinstance(fault, str) else fault, on, times, after))

    def heal(self) -> None:
        """Forget all planned faults."""
        with self.lock:
            self._planned.clear()

    def log(self, asked: Asked) -> Fault | None:
        """Note a request; says which fault it is to meet, if any."""
        with self.lock:
            self.requests.append(asked)
            due = [planned for planned in self._planned if planned.due(asked.kind)]
            return due[0].spend() if due else None


# --- faults ----------------------------------------------------------------------------------

# Seconds between two bytes of an answer that trickles.
PER_BYTE = 0.02

Fault = Callable[[Handler], None]
Edit = Callable[[Study, Handler], object]


def as_usual(handler: Handler) -> None:
    """No fault: the right answer, or 304 to a client that has it."""
    answer = handler.usual()
    etag = answer.headers.get("ETag")
    if etag and etag in handler.headers.get("If-None-Match", ""):
        answer = Answer(304, headers={"ETag": etag})
    handler.send(answer)


def without(answer: Answer, header: str) -> Answer:
    """An answer that lacks one header."""
    return replace(answer, headers={name: value for name, value in answer.headers.items() if name != header})


def always(answer: Answer) -> Fault:
    """Answer this, whatever was asked."""
    return lambda handler: handler.send(answer)


def altered(alter: Callable[[bytes], bytes]) -> Fault:
    """The right answer, with other bytes."""

    def fault(handler: Handler) -> None:
        answer = handler.usual()
        handler.send(replace(answer, body=alter(answer.body)))

    return fault


def edited(edit: Edit) -> Fault:
    """The right answer, with other content; answers without content stay as they are."""

    def fault(handler: Handler) -> None:
        answer = handler.usual()
        if answer.status == 200 and answer.body.startswith(b"{"):
            content = json.loads(answer.body)
            edit(content, handler)
            answer = replace(answer, body=laid_out(content))
        handler.send(answer)

    return fault


def laid_out(content: Study) -> bytes:
    """Content as bytes, in the layout of a page if it is one."""
    if "studies" not in content:
        return compact(content)
    return page_of(map(compact, content["studies"]), content.get("nextPageToken"), content.get("totalCount"))


def studies_in(content: Study) -> list[Study]:
    """The studies an answer holds; a gate and an overview hold none."""
    if "studies" in content:
        return cast(list[Study], content["studies"])
    study = content.get("study", content)
    return [study] if "protocolSection" in study else []


def in_a_title(addition: bytes) -> Callable[[bytes], bytes]:
    """Put bytes at the beginning of the first title, or of the first text where there is none."""

    def alter(body: bytes) -> bytes:
        place = b'"briefTitle":"' if b'"briefTitle":"' in body else b':"'
        return body.replace(place, place + addition, 1)

    return alter


def show_twice(content: Study, handler: Handler) -> None:
    """On the first page its first study comes again, on a later page the last one of the page before."""
    offset, _ = read_token(handler.asked.query)
    if not content.get("studies"):
        return
    if offset:
        before = handler.standin.matching(handler.asked.query.get("filter.ids"))[offset - 1]
        content["studies"].insert(0, json.loads(handler.standin.line(before)))
    else:
        content["studies"].append(content["studies"][0])


def show_nothing(content: Study, handler: Handler) -> None:
    """A page without studies and without a token; anything else loses all its keys."""
    content.update({"studies": []}) if "studies" in content else content.clear()
    content.pop("nextPageToken", None)


def show_later(content: Study, handler: Handler) -> None:
    """A page without studies, whose token leads to those it should have shown."""
    offset, turn = read_token(handler.asked.query)
    show_nothing(content, handler)
    if "studies" in content:
        content["nextPageToken"] = token(offset, turn + 1)


def stay_here(content: Study, handler: Handler) -> None:
    """The token of the next page is the token of this page."""
    if "studies" in content:
        content["nextPageToken"] = handler.asked.query.get("pageToken", token(0))


def never_end(content: Study, handler: Handler) -> None:
    """There is always another page, though it be empty, and every token is new."""
    offset, turn = read_token(handler.asked.query)
    if "studies" in content:
        content["nextPageToken"] = token(offset + len(content["studies"]), turn + 1)


def show_another(content: Study, handler: Handler) -> None:
    """The first study is one nobody asked for."""
    for study in studies_in(content)[:1]:
        put(study, NCT_ID, "NCT09999999")


def lose_identity(content: Study, handler: Handler) -> None:
    """The first study does not say which it is; a gate does not say when it was loaded."""
    content.pop("dataTimestamp", None)
    for study in studies_in(content)[:1]:
        study["protocolSection"].pop("identificationModule", None)


def upgrade(content: Study, handler: Handler) -> None:
    """The gate names a version of the API that nobody knows."""
    if "apiVersion" in content:
        content["apiVersion"] = "9.9.9"


def gate_of_last_year(handler: Handler) -> None:
    """The gate shows a load of a year ago, tag and all, as from a forgotten mirror."""
    answer = handler.usual()
    if handler.asked.kind == "gate":
        earlier = f"{moment(handler.standin.loaded) - timedelta(days=365):%Y-%m-%dT%H:%M:%S}"
        body = answer.body.replace(handler.standin.loaded.encode(), earlier.encode())
        answer = replace(answer, body=body, headers={**answer.headers, "ETag": etag_of(earlier)})
    handler.send(answer)


def reload_first(handler: Handler) -> None:
    """The nightly load comes just before this answer."""
    handler.standin.next_load()
    as_usual(handler)


def without_etag(handler: Handler) -> None:
    """The right answer, not saying which load it is of."""
    handler.send(without(handler.usual(), "ETag"))


def try_again_at(handler: Handler) -> None:
    """Too many requests; come back at a given time."""
    soon = datetime.now(UTC) + timedelta(seconds=2)
    handler.send(Answer(429, headers={"Retry-After": format_datetime(soon, usegmt=True)}))


def come_again(handler: Handler) -> None:
    """A redirect to the very same address."""
    handler.send(Answer(301, headers={"Location": handler.path}))


def promise_more(handler: Handler) -> None:
    """The connection ends before the length that was announced."""
    answer = handler.usual()
    length = str(len(answer.body) + 1000)
    handler.send_head(answer.status, {**answer.headers, "Content-Length": length, "Connection": "close"})
    handler.wfile.write(answer.body)


def drip(handler: Handler) -> None:
    """The right answer, one byte at a time."""
    answer = handler.usual()
    length = str(len(answer.body))
    handler.send_head(answer.status, {**answer.headers, "Content-Length": length, "Connection": "close"})
    for byte in answer.body:
        handler.wfile.write(bytes([byte]))
        if handler.server.stopping.wait(PER_BYTE):
            return


def drip_headers(handler: Handler) -> None:
    """The status line at once, then the headers, one byte at a time and without end."""
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.stopping.wait(PER_BYTE):
        handler.wfile.write(b"z")


def reset(handler: Handler) -> None:
    """The connection breaks instead of an answer."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Detached, because the handler's files keep an ordinary close from closing; it then sends RST, not FIN.
    socket.close(handler.connection.detach())


def keep_silent(handler: Handler) -> None:
    """No answer, until the client gives up or the server stops."""
    handler.close_connection = True
    while not handler.server.stopping.is_set():
        if select.select([handler.connection], [], [], 0.05)[0]:
            return


def never_stop(handler: Handler) -> None:
    """Three gigabytes of blanks, or as many as the client takes."""
    handler.send_head(200, {"Content-Type": "application/json", "Connection": "close"})
    handler.wfile.write(b'{"studies":[\n')
    for _ in range(3 * 2**30 // 2**20):
        handler.wfile.write(b" " * 2**20)


def explode(handler: Handler) -> None:
    """Two megabytes that become two gigabytes."""
    handler.send(Answer(200, bomb(), {"Content-Type": "application/json", "Content-Encoding": "gzip"}))


@functools.cache
def bomb() -> bytes:
    """Two gigabytes of blanks, small: a gzip file may be many gzip files in a row."""
    return gzip.compress(b" " * 2**24) * 128


FAULTS: dict[str, Fault] = {
    # refusals and breakdowns
    "429": always(Answer(429)),
    "429-retry-after": always(Answer(429, headers={"Retry-After": "1"})),
    "429-retry-date": try_again_at,
    "500": always(Answer(500)),
    "502": always(Answer(502)),
    "503-html": always(web_page(503, "503 Service Temporarily Unavailable")),
    "403-html": always(web_page(403, "403 Forbidden")),
    "200-html": always(web_page(200, "We will be back soon")),
    "not-found-html": always(web_page(404, "404 Not Found")),
    "redirect-loop": come_again,
    "redirect-away": always(Answer(301, headers={"Location": "http://other.invalid/"})),
    # the wire
    "cut-json": altered(lambda body: body[: len(body) // 2]),
    "wrong-length": promise_more,
    "drip": drip,
    "drip-headers": drip_headers,
    "reset": reset,
    "silence": keep_silent,
    "huge": never_stop,
    "gzip-bomb": explode,
    "bad-utf8": altered(in_a_title(b"\xff")),
    # the content
    "nul": altered(in_a_title(b"\\u0000")),
    "duplicate": edited(show_twice),
    "empty": edited(show_nothing),
    "empty-page": edited(show_later),
    "same-token": edited(stay_here),
    "endless-tokens": edited(never_end),
    "wrong-study": edited(show_another),
    "no-id": edited(lose_identity),
    "unknown-version": edited(upgrade),
    "timestamp-back": gate_of_last_year,
    # the load
    "reload": reload_first,
    "no-etag": without_etag,
}


# --- by hand ---------------------------------------------------------------------------------


def read_studies(path: Path, limit: int | None = None) -> list[Study]:
    """Studies from a file that has one a line."""
    unpacked = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in unpacked.splitlines()[:limit]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a file of studies until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=main.__doc__)
    parser.add_argument("file", type=Path, help="studies, one a line: .ndjson or .ndjson.gz")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--limit", type=int, help="serve only the first N studies")
    options = parser.parse_args(arguments)
    # Millions of objects and no garbage among them: looking for some takes longer than reading them.
    gc.disable()
    studies = read_studies(options.file, options.limit)
    gc.freeze()
    gc.enable()
    # A shell that starts something in the background has it ignore interrupts, and so whatever that starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with StandIn(studies, port=options.port) as standin:
        print(standin.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
