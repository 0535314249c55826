"""Names of real records: against other records' they agree only where they are the same, and however they are printed they never differ from their own."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import combinations

import pytest

from enrich.compare.names.conditions import condition_of, conditions_match
from enrich.compare.names.spelling import acronyms_match, titles_match, unaccented
from enrich.compare.names.sponsors import sponsors_match
from enrich.models import Trial
from enrich.record.fields import trial_of
from tests.fixtures.corpus import needs_corpus, read_records

pytestmark = needs_corpus

EMPTY = Trial("NCT09000001", {})

# Pairs of lead sponsors that are one organisation under two names.
SAME_SPONSORS = {
    ("AbbVie", "AbbVie (prior sponsor, Abbott)"),
    ("Amsterdam UMC, location VUmc", "Amsterdam UMC"),
    ("Cardiac Dimensions Pty Ltd", "Cardiac Dimensions, Inc."),
    ("Gan & Lee Pharmaceuticals.", "Gan and Lee Pharmaceuticals, USA"),
    ("Mesoblast, Inc.", "Mesoblast, Ltd."),
    ("Novartis", "Novartis Pharmaceuticals"),
    ("Ospedale San Raffaele", "IRCCS Ospedale San Raffaele"),
    ("Pulnovo Medical (Wuxi) Co., Ltd.", "Pulnovo Medical, Inc."),
    ('University of Campania "Luigi Vanvitelli"', "University of Campania Luigi Vanvitelli"),
}


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [trial_of(study) for study in read_records("studies.ndjson.gz")]


def neighbours(names: list[str]) -> set[tuple[str, str]]:
    """Pairs of names that share a word which few names have."""
    having = defaultdict(set)
    for name in names:
        for word in re.findall(r"\w{3,}", unaccented(name)):
            having[word].add(name)
    few = (sharing for sharing in having.values() if len(sharing) < 120)
    return {pair for sharing in few for pair in combinations(sorted(sharing), 2)}


def test_two_sponsors_agree_only_where_they_are_one(trials: list[Trial]) -> None:
    names = sorted({trial.text("lead_sponsor") or "" for trial in trials} - {""})
    lot = random.Random(1)
    pairs = neighbours(names) | {tuple(lot.sample(names, 2)) for _ in range(60_000)}
    agreeing = {frozenset(pair) for pair in pairs if sponsors_match(*pair, EMPTY)}
    assert len(pairs) > 80_000
    assert agreeing <= set(map(frozenset, SAME_SPONSORS))


def test_two_acronyms_agree_only_in_the_same_letters(trials: list[Trial]) -> None:
    acronyms = sorted({trial.text("acronym") or "" for trial in trials} - {""})
    agreeing = {pair for pair in combinations(acronyms, 2) if acronyms_match(*pair, EMPTY)}
    spelled = {pair for pair in agreeing if pair[0].casefold() == pair[1].casefold()}
    assert agreeing - spelled == {("BREAK-DHF-1", "BREAK-DHF-I")}


def test_a_condition_of_another_record_agrees_only_with_the_same_disease(
    trials: list[Trial],
) -> None:
    """Same: by words, by the disease that both name, as a kind of it, or as the abbreviation that the
    record itself spells out.
    """
    lot = random.Random(7)
    having = defaultdict(list)
    for trial in trials:
        words = {word for name in trial["conditions"] or () for word in condition_of(name).words}
        for word in sorted(words):  # the same draws in every run
            having[word].append(trial)
    shared = [sharing for sharing in having.values() if len(sharing) > 1]
    verdicts: Counter[bool | None] = Counter()
    for _ in range(30_000):
        source, other = lot.sample(lot.choice(shared), 2)
        printed = lot.choice(source["conditions"])
        verdict = conditions_match((printed,), other["conditions"], other)
        verdicts[verdict] += 1
        if verdict:
            assert _is_explained(printed, other), (printed, other.nct_id)
    assert verdicts[True] > 5_000 and verdicts[None] > 5_000 and verdicts[False] > 500


def _is_explained(printed: str, trial: Trial) -> bool:
    fields = ("conditions", "keywords", "condition_mesh")
    names = [name for field in fields for name in trial[field] or ()]
    if any(f" ({printed})" in name for name in names):  # `Diabetic Foot Ulcer (DFU)`
        return True
    recorded = frozenset().union(*(condition_of(name).words for name in names))
    claimed = condition_of(printed)
    joins_several = re.search(r"[/;,(]| with | and ", printed, re.I)
    return bool(joins_several or claimed.diseases) or claimed.words <= recorded


BRITISH = (
    ("anemia", "anaemia"),
    ("tumor", "tumour"),
    ("leukemia", "leukaemia"),
    ("edema", "oedema"),
    ("pediatric", "paediatric"),
    ("ischemi", "ischaemi"),
    ("esoph", "oesoph"),
    ("randomized", "randomised"),
    ("center", "centre"),
)


def british(text: str) -> str:
    for american, spelling in BRITISH:
        text = re.sub(rf"(?<![oO]){american}(?!e)", spelling, text)
    return text


def initials(text: str) -> str:
    return "".join(word[0].upper() for word in re.findall(r"[^\W\d_]+", text)) or text


CONDITIONS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "in British spelling": british,
    "without brackets": lambda text: re.sub(r"\s*\(.*?\)", "", text) or text,
    "with its initials": lambda text: f"{text} ({initials(text)})",
    "as its initials": initials,
    "with a stage": lambda text: f"{text} (stage IV)",
    "as severe": lambda text: f"Severe {text}",
    "as relapsed": lambda text: f"R/R {text}",
    "with hyphens": lambda text: text.replace(" ", "-"),
    "in adults": lambda text: f"{text} in adults",
}
MOSTLY_READ = ("as it is", "in capitals", "in small letters", "in British spelling")


@pytest.mark.parametrize("way", CONDITIONS)
def test_a_condition_never_differs_from_its_own_record(trials: list[Trial], way: str) -> None:
    verdicts = Counter(
        conditions_match((CONDITIONS[way](name),), trial["conditions"], trial)
        for trial in trials
        for name in (trial["conditions"] or ())[:2]
        if CONDITIONS[way](name).strip()
    )
    assert not verdicts[False]
    assert way not in MOSTLY_READ or verdicts[True] > 0.98 * verdicts.total()


SPONSORS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "without accents": unaccented,
    "without its legal form": lambda text: re.sub(r",? (Inc|Ltd|LLC|GmbH|Co)\b\.?,?", "", text),
    "with another legal form": lambda text: re.sub(r"\bInc\b\.?", "GmbH", text),
    "abbreviated": lambda text: text.replace("University", "Univ.").replace("Hospital", "Hosp."),
    "with &": lambda text: text.replace(" and ", " & "),
    "with entities": lambda text: text.replace("&", "&amp;"),
    "in British spelling": british,
    "with a collaborator behind it": lambda text: f"{text}|Pfizer",
    "with its country": lambda text: f"{text}, USA",
    "without brackets": lambda text: re.sub(r"\s*\(.*?\)", "", text) or text,
    "of a department": lambda text: f"Department of Medicine, {text}",
}


@pytest.mark.parametrize("way", SPONSORS)
def test_a_sponsor_never_differs_from_itself(trials: list[Trial], way: str) -> None:
    names = sorted({trial.text("lead_sponsor") or "" for trial in trials} - {""})
    verdicts = Counter(sponsors_match(SPONSORS[way](name), name, EMPTY) for name in names)
    assert not verdicts[False]
    assert way == "of a department" or verdicts[True] > 0.9 * verdicts.total()


TITLES: dict[str, Callable[[str, str], str]] = {
    "as it is": lambda title, acronym: title,
    "in capitals": lambda title, acronym: title.upper(),
    "in British spelling": lambda title, acronym: british(title),
    "with its acronym": lambda title, acronym: f"{title} ({acronym})" if acronym else title,
    "behind its acronym": lambda title, acronym: f"{acronym}: {title}" if acronym else title,
    "behind its id": lambda title, acronym: f"NCT01234567: {title}",
    "with &": lambda title, acronym: title.replace(" and ", " & "),
    "without articles": lambda title, acronym: re.sub(r"\b(the|an?) ", "", title),
    "cut": lambda title, acronym: f"{title[: max(30, len(title) // 2)]}…",
}


@pytest.mark.parametrize("way", TITLES)
def test_a_title_never_differs_from_its_own_record(trials: list[Trial], way: str) -> None:
    verdicts = Counter(
        titles_match(TITLES[way](title, trial.text("acronym") or ""), title, trial)
        for trial in trials
        if (title := trial.text("brief_title"))
    )
    assert not verdicts[False]
    assert verdicts[True] > (0.9 if way == "cut" else 0.99) * verdicts.total()
