"""Which candidates are worth a look first: those like the included trials, unlike the excluded.

A trial is what its words are. Each field of FIELDS gives its words a weight, as bm25 does: the more
often the higher, but less and less, and higher in a short field than in a long one. A word counts
by how rare it is among the candidates. Rocchio's rule makes one list of weighted words of the
decisions: the mean of the included trials, less a part of the mean of the excluded. The score adds
how well a candidate fits that list, and how like it is to the nearest included trial, because
included trials are often of several kinds.

This is done here and not by SQLite's FTS5: its bm25 can weigh columns, but no single words, and a
decision changes what a word counts. `python -m tests.tools.search_ranking` measures the order.

Sources: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009);
Rocchio, Relevance feedback in information retrieval (1971).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from enrich.compare.vocabulary import code_label
from enrich.search.models import Candidate, Decision, DecisionKind, RankedCandidate
from enrich.text import casefold_text, sanitize


class _Field(NamedTuple):
    """Texts of a candidate, the weight of their words, and how many words they usually have."""

    texts: Callable[[Candidate], Iterable[str]]
    weight: float
    usual_length: int


class _Label(NamedTuple):
    """Codes or names of a candidate, each of which counts as one word, as a weak hint."""

    values: Callable[[Candidate], Iterable[str]]
    weight: float


# Usual lengths are means of 28,000 records. The weights were set on one half of the reviews (see
# the tool above). Words of criteria and of secondary outcomes made the order worse: most of them
# are the same for trials of very different things.
FIELDS: Mapping[str, _Field] = {
    "title": _Field(lambda it: (it.title,), 1.0, 13),
    "conditions": _Field(lambda it: it.conditions, 1.0, 5),
    "interventions": _Field(lambda it: it.interventions, 1.0, 6),
    "keywords": _Field(lambda it: it.keywords, 0.1, 9),
    "official title": _Field(lambda it: (it.official_title,), 0.1, 21),
    "primary outcomes": _Field(lambda it: it.primary_outcomes, 0.05, 20),
}
LABELS: Mapping[str, _Label] = {
    "phase": _Label(lambda it: it.phases, 0.1),
    "design": _Label(lambda it: it.design, 0.05),
    "sponsor": _Label(lambda it: (it.sponsor,) if it.sponsor else (), 0.1),
}

# The usual constants of bm25: how soon more of the same word adds little, and how much the length
# of a field counts.
_SATURATION, _LENGTH_SHARE = 1.2, 0.75

# What the excluded trials count against the included ones; usual for Rocchio's rule.
_EXCLUDED_SHARE = 0.25

# The weightiest words of a decided trial, by which others are compared with it.
_WORDS_OF_A_TRIAL = 25

# How many phrases are grounds, how long each may be, and its least share of the score; the least
# share of each word of a phrase in a title.
_MOST_PHRASES, _LONGEST_PHRASE, _LEAST_SHARE, _LEAST_SHARE_OF_A_WORD = 3, 60, 0.08, 0.06

# Words that neither begin nor end a phrase of a title.
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+", "a an and as at by for from in into of on or the to versus vs with within without"
    )
)

# A word is known by its first seven letters: "vaccine" meets "vaccines" and "vaccination".
_STEM_LENGTH = 7
_STEM = re.compile(rf"([^\W_]{{1,{_STEM_LENGTH}}})[^\W_]*")

# Words in the titles of trials that go on with the participants of an earlier one.
_EXTENSION = re.compile(
    r"\bextension\b|\broll-?over\b|\bcontinuation\b|\blong[- ]term (safety|follow[- ]?up)\b",
    re.I,
)
# How like an extension is to the trial that it goes on with, at least.
_LEAST_LIKENESS = 0.2
# How many words a title has besides its numbers, if it names a trial.
_LEAST_WORDS_OF_A_TITLE = 5
_NUMBER = re.compile(r"[ivx]+|[a-z]?\d+[a-z]?|one|two|three|[abc]")


def rank(
    candidates: Sequence[Candidate], decisions: Iterable[Decision]
) -> tuple[RankedCandidate, ...]:
    """The *candidates* that are neither included nor excluded, the likeliest first.

    Decided trials teach only where they are among the *candidates* themselves; "maybe" teaches
    nothing. The score is 0 for a trial without a word of the included ones, and about 2 for one
    that is just like them. Candidates of the same score, and all of them where nothing is included,
    come by start date, the newest first.
    """
    decided = {decision.nct_id: decision for decision in decisions}
    included = [
        candidate for candidate in candidates if _is(decided, candidate, DecisionKind.INCLUDE)
    ]
    excluded = [
        candidate for candidate in candidates if _is(decided, candidate, DecisionKind.EXCLUDE)
    ]
    settled = {candidate.nct_id for candidate in (*included, *excluded)}
    open_ = [candidate for candidate in candidates if candidate.nct_id not in settled]
    if included:
        model = _Model(candidates, included, excluded, decided)
        ranked = [model.ranked(candidate) for candidate in open_]
    else:
        ranked = [RankedCandidate(candidate, 0.0) for candidate in open_]
    # Two stable sorts: the second keeps the newest first among equals.
    ranked.sort(key=lambda it: (it.candidate.start_date, it.candidate.nct_id), reverse=True)
    ranked.sort(key=lambda it: -it.score)
    return tuple(ranked)


def _is(decided: Mapping[str, Decision], candidate: Candidate, kind: DecisionKind) -> bool:
    decision = decided.get(candidate.nct_id)
    return decision is not None and decision.verdict is kind


# --- the words of a trial

_Weights = Mapping[str, float]


def _word_weights(candidate: Candidate) -> dict[str, float]:
    """The words of *candidate* by their stems, each with a weight from 0 to 1."""
    weights: dict[str, float] = defaultdict(float)
    for field in FIELDS.values():
        stems = _stems(" ".join(field.texts(candidate)))
        length = 1 - _LENGTH_SHARE + _LENGTH_SHARE * len(stems) / field.usual_length
        for stem, times in Counter(stems).items():
            weights[stem] += field.weight * times / length
    for label, weight in _labels(candidate):
        weights[label] = weight
    return {stem: weight / (weight + _SATURATION) for stem, weight in weights.items()}


def _stems(text: str) -> list[str]:
    """The words of *text*, each as it is known.

    >>> _stems("COVID-19 vaccination")
    ['covid', '19', 'vaccina']
    """
    return _STEM.findall(text.casefold())


# Words of titles that fit trials of every kind: alone they are no ground for anything.
_WORDS_OF_ANY_TRIAL = frozenset(
    _stems(
        "ability adult assess children clinical comparison controlled dose double-blind"
        " during effect efficacy evaluate evaluation function healthy high investigation low"
        " men new non open-label outcome participants patients phase pilot placebo prevention"
        " randomized randomised research safety single study subject subjects test therapy"
        " treating treatment trial use using women"
    )
)


def _labels(candidate: Candidate) -> Iterator[tuple[str, float]]:
    for name, label in LABELS.items():
        for value in label.values(candidate):
            yield _label(name, value), label.weight


def _label(name: str, value: str) -> str:
    """The word for a value of a label; no word of a text has the sign in it."""
    return f"{name}={value.casefold()}"


# --- what the decisions teach


class _Neighbours:
    """Decided trials of one kind, of which the nearest to a candidate is sought."""

    def __init__(self, trials: Mapping[Candidate, _Weights], rarity: _Weights) -> None:
        self.trials = tuple(trials)
        self.weights: list[dict[str, float]] = []
        # The trials that have a word, by their places, each with what the word counts for it.
        self._having: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, weights in enumerate(trials.values()):
            weightiest = nlargest(
                _WORDS_OF_A_TRIAL, weights, key=lambda word: (weights[word] * rarity[word], word)
            )
            square = sum(weights[word] ** 2 * rarity[word] for word in weightiest) or 1
            self.weights.append(
                {word: weights[word] * rarity[word] / square for word in weightiest}
            )
            for word, weight in self.weights[place].items():
                self._having[word].append((place, weight))

    def likenesses(self, weights: _Weights) -> dict[int, float]:
        """How like each trial, by its place, is to the one with these *weights*: 1 for itself."""
        found: dict[int, float] = defaultdict(float)
        for word, weight in weights.items():
            for place, its_weight in self._having.get(word, ()):
                found[place] += weight * its_weight
        return found


def _rarity(candidates: Iterable[Candidate], words: set[str]) -> dict[str, float]:
    """How rare each of *words* is among the candidates: bm25's inverse document frequency."""
    number, having = 0, Counter[str]()
    for candidate in candidates:
        number += 1
        having.update(words.intersection(_word_weights(candidate)))
    return {
        word: math.log1p((number - having[word] + 0.5) / (having[word] + 0.5)) for word in words
    }


class _Model:
    """What the decisions teach, and how well a candidate fits it."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        included: Sequence[Candidate],
        excluded: Sequence[Candidate],
        decided: Mapping[str, Decision],
    ) -> None:
        words_in = {candidate: _word_weights(candidate) for candidate in included}
        words_out = {candidate: _word_weights(candidate) for candidate in excluded}
        rarity = _rarity(candidates, set().union(*words_in.values(), *words_out.values()))
        self._decided = decided
        self._included = _Neighbours(words_in, rarity)
        self._excluded = _Neighbours(words_out, rarity)
        self._telling = _telling_words(words_in, words_out, rarity)
        best = max(self._fit(weights) for weights in words_in.values())
        if best > 0:
            self._telling = {word: weight / best for word, weight in self._telling.items()}
        self._titles = {key: trial for trial in included for key in _title_keys(trial)}

    def _fit(self, weights: _Weights) -> float:
        return sum(weight * self._telling.get(word, 0) for word, weight in weights.items())

    def ranked(self, candidate: Candidate) -> RankedCandidate:
        """The candidate with its score, what speaks for it and against it, and its relatives."""
        weights = _word_weights(candidate)
        likenesses = self._included.likenesses(weights)
        unlikenesses = self._excluded.likenesses(weights)
        nearest = _nearest(likenesses)
        nearest_excluded = _nearest(unlikenesses)
        score = (
            self._fit(weights)
            + likenesses.get(nearest, 0)
            - _EXCLUDED_SHARE * unlikenesses.get(nearest_excluded, 0)
        )
        near = self._included.weights[nearest] if nearest in likenesses else {}
        points = {
            word: weight * (self._telling.get(word, 0) + near.get(word, 0))
            for word, weight in weights.items()
            if word in self._telling
        }
        grounds = [*_phrases(candidate, points), *_label_grounds(candidate, points)]
        if unlikenesses.get(nearest_excluded, 0) > likenesses.get(nearest, 0):
            grounds.append(self._against(self._excluded.trials[nearest_excluded]))
        return RankedCandidate(
            candidate, round(score, 6), tuple(grounds), self._related(candidate, likenesses)
        )

    def _against(self, excluded: Candidate) -> str:
        reason = sanitize(self._decided[excluded.nct_id].reason, _LONGEST_PHRASE)
        return f"but like the excluded {excluded.nct_id}{f' ({reason})' if reason else ''}"

    def _related(self, candidate: Candidate, likenesses: Mapping[int, float]) -> str | None:
        """The included trial of which *candidate* is a sister or an extension, in a sentence."""
        sister = next(filter(None, map(self._titles.get, _title_keys(candidate))), None)
        if sister is not None:
            same = casefold_text(sister.title) == casefold_text(candidate.title)
            return f"Its title is that of {sister.nct_id}{'' if same else ' but for a number'}."
        if not _EXTENSION.search(f"{candidate.title} {candidate.official_title}"):
            return None
        of_sponsor = {
            place: likeness
            for place, likeness in likenesses.items()
            if likeness >= _LEAST_LIKENESS
            and candidate.sponsor
            and self._included.trials[place].sponsor.casefold() == candidate.sponsor.casefold()
        }
        if not of_sponsor:
            return None
        earlier = self._included.trials[_nearest(of_sponsor)]
        return f"It may go on with {earlier.nct_id}, a trial of the same sponsor."


def _nearest(likenesses: Mapping[int, float]) -> int:
    """The place of the likest trial; -1 without any."""
    return max(likenesses, key=lambda place: (likenesses[place], -place), default=-1)


def _telling_words(
    included: Mapping[Candidate, _Weights],
    excluded: Mapping[Candidate, _Weights],
    rarity: _Weights,
) -> dict[str, float]:
    """What each word counts for a trial, or against it, by Rocchio's rule."""
    telling: dict[str, float] = defaultdict(float)
    for trials, share in ((included, 1.0), (excluded, -_EXCLUDED_SHARE)):
        for weights in trials.values():
            for word, weight in weights.items():
                telling[word] += share * weight * rarity[word] / len(trials)
    return dict(telling)


# --- grounds, in words


class _Phrase(NamedTuple):
    text: str
    words: frozenset[str]


def _phrases(candidate: Candidate, points: _Weights) -> Iterator[str]:
    """The parts of the record with most of the *points*, each with words that no other has."""
    total = sum(max(point, 0) for point in points.values())
    left = {word: point for word, point in points.items() if point > 0}
    phrases = list(
        _parts(candidate, {word for word in left if left[word] >= total * _LEAST_SHARE_OF_A_WORD})
    )
    for _ in range(_MOST_PHRASES):
        value = {phrase: sum(left.get(word, 0) for word in phrase.words) for phrase in phrases}
        # The shorter of two parts with as many points is clearer.
        best = max(
            phrases, key=lambda phrase: value[phrase] / math.sqrt(len(phrase.words)), default=None
        )
        if best is None or value[best] < total * _LEAST_SHARE:
            return
        yield sanitize(best.text, _LONGEST_PHRASE)
        left = {word: point for word, point in left.items() if word not in best.words}


def _parts(candidate: Candidate, telling: set[str]) -> Iterator[_Phrase]:
    """Conditions, interventions and keywords, and what stands together in the title of *telling*
    words.
    """
    for text in (*candidate.conditions, *candidate.interventions, *candidate.keywords):
        if words := frozenset(_stems(text)):
            yield _Phrase(text, words)
    for text in _runs_of_words(candidate.title, telling):
        words = frozenset(_stems(text))
        if words - _WORDS_OF_ANY_TRIAL - _FUNCTION_WORDS:
            yield _Phrase(text, words)


def _runs_of_words(title: str, telling: set[str]) -> Iterator[str]:
    """The parts of *title* in which *telling* words follow each other."""
    begin = end = None
    for match in (*_STEM.finditer(title), None):
        stem = match[1].casefold() if match else ""
        if match and stem in telling and stem not in _FUNCTION_WORDS:
            begin, end = match.start() if begin is None else begin, match.end()
        elif begin is not None and stem not in _FUNCTION_WORDS:
            yield title[begin:end]
            begin = None


def _label_grounds(candidate: Candidate, points: _Weights) -> Iterator[str]:
    """The phases and the sponsor that included trials have, too."""
    for phase in candidate.phases:
        if phase != "NA" and points.get(_label("phase", phase), 0) > 0:
            yield code_label("phases", phase).lower()
    if candidate.sponsor and points.get(_label("sponsor", candidate.sponsor), 0) > 0:
        yield f"sponsor {sanitize(candidate.sponsor, _LONGEST_PHRASE)}"


# --- relatives


def _title_keys(candidate: Candidate) -> Iterator[str]:
    """The titles of *candidate* without their numbers, of those that name a trial.

    >>> trial = Candidate("NCT01807923", "A Study of Lumacaftor in Cystic Fibrosis, Part 2")
    >>> list(_title_keys(trial))
    ['study of lumacaftor in cystic fibrosis part']
    """
    for title in (candidate.title, candidate.official_title):
        words = re.findall(r"[^\W_]+", casefold_text(title))
        named = [word for word in words if not _NUMBER.fullmatch(word)]
        if len(named) >= _LEAST_WORDS_OF_A_TITLE:
            yield " ".join(named)
