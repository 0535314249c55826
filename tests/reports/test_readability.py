"""What people read: easy sentences, and no word of the registry's own code."""

import re
from html import unescape
from pathlib import Path

import pytest
import textstat
from jinja2 import Environment

import enrich
from enrich.changes.significance import RULES
from enrich.compare import vocabulary
from enrich.models import ProblemKind, RunOutcome
from enrich.reports.content.differences import CAUSES
from enrich.reports.content.ranks import HEADINGS

HARDEST = 9  # Flesch-Kincaid grade
# Names that nobody has to spell, and what is no sentence.
NAMES = {"ClinicalTrials.gov": "the site", "Datasette": "the site", "registry": "list"}
TEMPLATES = sorted(Path(enrich.__file__).parent.glob("*/templates/*.html"))


def grade(sentences):
    """How many years of school it takes to read these sentences."""
    text = ". ".join(sentence.strip(" .") for sentence in sentences)
    for name, word in NAMES.items():
        text = text.replace(name, word)
    return textstat.flesch_kincaid_grade(text)


def sentences_of(template):
    """The sentences in a template: what stands between its tags, of four words or more."""
    tokens = Environment().lex(template.read_text(encoding="utf-8"))
    text = "".join(
        value if kind == "data" else " X " for _, kind, value in tokens if "comment" not in kind
    )
    text = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
    for block in re.split(
        r"</?(?:p|h\d|li|td|th|div|dt|dd|figcaption|summary|caption)\b[^>]*>", text
    ):
        words = unescape(" ".join(re.sub(r"<[^>]*>", " ", block).replace("X", " ").split()))
        if len(words.split()) >= 4:
            yield words


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_the_words_of_a_template_are_easy_to_read(template):
    found = [*sentences_of(template)]
    assert not found or grade(found) <= HARDEST, found


WORDS = {
    "causes": [text for words in CAUSES.values() for text in words],
    "headings": [*HEADINGS.values()],
    "why a change matters": [rule.reason for rule in RULES],
    "problems": [
        text.replace("{}", "")
        for kind in ProblemKind
        for text in (kind.handling.note, kind.handling.warning, kind.handling.leaves_unchecked)
        if len(text) > 4
    ],
}


@pytest.mark.parametrize("words", WORDS)
def test_the_words_of_a_rule_are_easy_to_read(words):
    assert grade(WORDS[words]) <= HARDEST


# --- no code

CODES = {
    code
    for code in vocabulary.KNOWN_CODES
    if "_" in code or re.fullmatch(r"[A-Z]{6,}|PHASE\d", code)
}
# A name of a field or of a part of the record.
NAME_IN_CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\b[a-z]+(?:Module|Section|Struct|Info)\b")
PROSE = ("text", "html", "markdown", "atom", "log", "mail", "mail-html")


def prose(text):
    """*text* without markup, addresses, code and what somebody printed or wrote."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"https?://\S+|`[^`]*`|“[^”]*”|urn:\S+|tag:\S+", " ", text)


def code_words(text):
    # A heading of the terminal is in capitals.
    lines = [line for line in prose(text).splitlines() if not line.isupper()]
    words = set(re.findall(r"\b[A-Z][A-Z0-9_]{4,}\b", "\n".join(lines)))
    return sorted((words & CODES) | set(NAME_IN_CODE.findall(prose(text))))


def test_every_outcome_of_a_run_is_a_plain_word():
    assert all(re.fullmatch(r"[a-z ]+", outcome) for outcome in RunOutcome)
