"""What a place in a record is called: by its name in the ledger, and by its label for people.

The ledger names a fact of FIELDS and a list of LISTS as we do, a part of an entry by the key that
the record has (`primary_outcomes.timeFrame`), and any other place by its path.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from enrich.record.children import LISTS
from enrich.record.fields import FIELDS
from enrich.text import sanitize

# The section of a record that every protocol shares is left out of a name.
_PROTOCOL = "protocolSection."


class OtherField(NamedTuple):
    """A place in a record that is neither a fact nor a list, by its path,
    with a label for people.
    """

    path: str
    label: str


# fmt: off
# The keys are the names by which rules speak of these places.
OTHER_FIELDS: Mapping[str, OtherField] = {
    "organisation":              OtherField("protocolSection.identificationModule.organization.fullName", "Organisation"),
    "organisation_class":        OtherField("protocolSection.identificationModule.organization.class", "Kind of organisation"),
    "sponsor_study_id":          OtherField("protocolSection.identificationModule.orgStudyIdInfo.id", "Sponsor's study id"),
    "brief_summary":             OtherField("protocolSection.descriptionModule.briefSummary", "Brief summary"),
    "detailed_description":      OtherField("protocolSection.descriptionModule.detailedDescription", "Detailed description"),
    "eligibility_criteria":      OtherField("protocolSection.eligibilityModule.eligibilityCriteria", "Eligibility criteria"),
    "masking_description":       OtherField("protocolSection.designModule.designInfo.maskingInfo.maskingDescription", "Description of masking"),
    "model_description":         OtherField("protocolSection.designModule.designInfo.interventionModelDescription", "Description of the model"),
    "certificate_submitted":     OtherField("protocolSection.statusModule.dispFirstSubmitDate", "Submission of a certificate of delay"),
    "certificate_checked":       OtherField("protocolSection.statusModule.dispFirstSubmitQcDate", "Quality control of a certificate of delay"),
    "certificate_posted":        OtherField("protocolSection.statusModule.dispFirstPostDateStruct.date", "Posting of a certificate of delay"),
    "certificate_posted_type":   OtherField("protocolSection.statusModule.dispFirstPostDateStruct.type", "Kind of posting date of the certificate of delay"),
    "first_posted_type":         OtherField("protocolSection.statusModule.studyFirstPostDateStruct.type", "Kind of first posting date"),
    "results_posted_type":       OtherField("protocolSection.statusModule.resultsFirstPostDateStruct.type", "Kind of posting date of results"),
    "last_update_posted_type":   OtherField("protocolSection.statusModule.lastUpdatePostDateStruct.type", "Kind of posting date of the last update"),
    "posting_delayed":           OtherField("protocolSection.statusModule.delayedPosting", "Posting of the record delayed"),
    "results_waived":            OtherField("protocolSection.statusModule.resultsWaived", "Results waived"),
    "fdaaa_violation":           OtherField("protocolSection.oversightModule.fdaaa801Violation", "Violation of FDAAA 801"),
    "sharing_description":       OtherField("protocolSection.ipdSharingStatementModule.description", "Plan to share data"),
    "sharing_url":               OtherField("protocolSection.ipdSharingStatementModule.url", "Address of shared data"),
    "removed_countries":         OtherField("derivedSection.miscInfoModule.removedCountries", "Countries without sites any more"),
    "results":                   OtherField("resultsSection", "Results"),
    "derived":                   OtherField("derivedSection", "Computed by the registry"),
}
# fmt: on

_NAME_OF_PATH = {
    **{field.path: name for name, field in FIELDS.items() if "[]" not in field.path},
    **{entry_list.path: name for name, entry_list in LISTS.items()},
}


def field_name_for_path(path: str) -> str:
    """The name that the ledger has for the fact, the list or the other place at *path*."""
    return _NAME_OF_PATH.get(path, path.removeprefix(_PROTOCOL))


_OTHER_LABELS = {other.path.removeprefix(_PROTOCOL): other.label for other in OTHER_FIELDS.values()}


def ledger_name(name: str) -> str:
    """The name in the ledger of what rules call *name*, which may be a pattern.

    >>> ledger_name("primary_outcomes.time_frame")
    'primary_outcomes.timeFrame'
    >>> ledger_name("derived.*")
    'derivedSection.*'
    """
    main, dot, part = name.partition(".")
    if main in OTHER_FIELDS:
        return OTHER_FIELDS[main].path.removeprefix(_PROTOCOL) + dot + part
    columns = LISTS[main].columns if main in LISTS else {}
    return f"{main}.{columns[part].key}" if part in columns else name


def is_result(field: str) -> bool:
    """Whether *field*, a name of the ledger, is among the results that a record posts."""
    name = field.partition(".")[0]
    path = LISTS[name].path if name in LISTS else field
    return path.partition(".")[0] == OTHER_FIELDS["results"].path


# --- for people


def has_label(field: str) -> bool:
    """Whether *field*, a name of the ledger, has a label of ours:
    one that is more than its path.
    """
    return field.partition(".")[0] in (*FIELDS, *LISTS) or field in _OTHER_LABELS


def label(field: str) -> str:
    """What people call *field*, a name of the ledger.

    A place without a label is called by the last step of its path, and by its owner where that
    alone says nothing.

    >>> label("primary_outcomes.timeFrame"), label("designModule.bioSpec.description")
    ('Primary outcomes (time frame)', 'Bio spec description')
    """
    name, _, part = field.partition(".")
    if field in FIELDS:
        return FIELDS[field].label
    if name in LISTS:
        return f"{LISTS[name].label}{f' ({part_label(name, part)})' if part else ''}"
    return _OTHER_LABELS.get(field) or _last_steps(field).capitalize()


def part_label(name: str, key: str) -> str:
    """What people call the part *key* of the entries of the list *name*."""
    columns = LISTS[name].columns if name in LISTS else {}
    names = [own for own, column in columns.items() if column.key == key]
    return names[0].replace("_", " ") if len(names) == 1 else spell_out(key)


# Keys that say nothing without the object that has them.
_GENERIC = frozenset(
    ("id", "type", "date", "description", "name", "title", "label", "value", "class", "url")
)
_OWNER_SUFFIX = re.compile("(Info|Struct|Module)$")


def _last_steps(field: str) -> str:
    *owners, key = field.split(".")
    words = spell_out(key)
    if key not in _GENERIC or not owners:
        return words
    owner = spell_out(_OWNER_SUFFIX.sub("", owners[-1]))
    return owner if owner.endswith(f" {words}") else f"{owner} {words}"


def spell_out(key: str) -> str:
    """A key of a record as words: `timeFrame` → `time frame`."""
    return sanitize(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key), 60).lower()
