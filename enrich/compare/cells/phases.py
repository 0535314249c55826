"""How tables print the phases of a trial: `Phase I/II`, `1/2`, `Ph 2b/3`, `Phase 1 and Phase 2`,
`II, III`.

A number behind the word "phase" is a phase. A further number is one only where nothing shows that
it counts something else: `Phase 2, 3 arms` is phase 2.
"""

import re

from enrich.compare.vocabulary import PHASE_NUMBERS, PHASE_WORDS
from enrich.text import lazy_pattern

_ROMAN = r"(?:iv|i{1,3})"
_NUMBER = rf"(?:{'|'.join(sorted(PHASE_NUMBERS, key=len, reverse=True))})"
_SUFFIX = r"(?: ?\(?[abc](?:[/-][abc])?\)?(?![a-z0-9]))?"
_WORD = (
    rf"(?:(?:{'|'.join(PHASE_WORDS)})(?![a-z0-9])\.?"
    r"|(?:phases?|ph)(?=\d|-\d|-?i)|p(?=\d|-\d|-i|ii|iv|i ?/))"
)

# A number by itself, not the beginning of another, a share or a ratio.
_ALONE = r"(?![\w%×]| ?: ?\d|\.\d|,\d\d| ?[x×] ?\d|-\d\d)"
_FIRST = rf"{_NUMBER}{_SUFFIX}(?![\w%]|\.\d|,\d\d)"
# What an arabic number counts: years, arms, milligrams.
_UNIT = (
    r"(?:years?|yrs?|months?|weeks?|days?|hours?|arms?|groups?|cohorts?|parts?|cent(?:er|re)s?"
    r"|sites?"
    r"|stages?|steps?|doses?(?![ -](?:escalat|find|rang|respon|expan|confirm))|periods?|countries"
    r"|mg"
    r"|ml|g|gy|kg|patients?|participants?|subjects?|times|x)\b"
)
_NEXT = rf"{_NUMBER}{_SUFFIX}{_ALONE}(?![ -]{_UNIT})"
# Behind a comma or "and", only what cannot count anything: a roman number, the end, or these words.
_KNOWN_WORDS = (
    r"(?:trial|stud|rct|clinical|randomi|non-?randomi|open|double|single|triple|multi|placebo"
    r"|controlled"
    r"|complete|recruiting|ongoing|active|terminated|withdrawn|suspended|not |unknown|dose[ -]"
    r"(?:escal|find|rang|resp|exp)|seamless"
    r"|parallel|crossover|adaptive|pilot|pivotal|interventional|observational)"
)
_LAST = (
    rf"(?:{_ROMAN}{_SUFFIX}{_ALONE}"
    rf"|{_NUMBER}{_SUFFIX}{_ALONE}(?= ?(?:$|[)\]/|;,:.(\n+&]|- |and\b|or\b)| {_KNOWN_WORDS}))"
)
_TIGHT = r" ?(?:/|-|\|) ?"
_LOOSE = r" ?(?:,|;|&|\+|and/or\b|and\b|or\b|to\b) ?"
_AGAIN = rf"(?:(?:{_TIGHT}|{_LOOSE})| ){_WORD}[ ._-]*"
_MORE = rf"(?:{_AGAIN}{_FIRST}|{_TIGHT}{_NEXT}|{_LOOSE}{_LAST})*"

PHASES = lazy_pattern(
    rf"(?P<early>early[ _-]+)?{_WORD}(?: ?[:=] ?| no\.? | number |[ ._(-]+)?"
    rf"(?P<numbers>{_FIRST}{_MORE})\)?"
    rf"|(?P<before>{_ROMAN}{_SUFFIX}(?: ?[/-] ?{_ROMAN}{_SUFFIX})?)[ -](?:phase|fase)\b"
)
"""Phases with their word."""

BARE_PHASES = lazy_pattern(
    rf"\(?(?P<early>early )?(?P<numbers>{_NEXT}{_MORE})\)?"
    rf"(?=\.?$| ?(?:[\n;:,(|/]| - )|(?:(?<=[iv])|(?<=[iv][abc])) {_KNOWN_WORDS})"
)
"""Numbers in front of a cell that are phases without the word:
before a separator, or Roman before a known word.
"""

PHASE_APART = lazy_pattern(rf"\)(?:{_TIGHT}|{_LOOSE}| )(?:{_NUMBER}){_SUFFIX}(?= ?(?:$|[(\n;]))")
"""What may be a further phase behind a remark in brackets: `Phase 1 (safety)/2 (efficacy)`."""

_IN_LIST = lazy_pattern(rf"(?<![a-z0-9]){_NUMBER}(?={_SUFFIX}(?![a-z0-9]))")


def phases_of(match: re.Match[str]) -> tuple[str, ...]:
    """The registry's codes of phases that one of the patterns found, in order.

    >>> phases_of(PHASES.match("phase ib/ii"))
    ('PHASE1', 'PHASE2')
    """
    numbers = match["numbers"] or match.groupdict().get("before") or ""
    listed = re.sub(_WORD, " ", numbers)
    codes = {PHASE_NUMBERS[found[0]] for found in _IN_LIST.finditer(listed)}
    if match["early"] and codes == {"PHASE1"}:
        return ("EARLY_PHASE1",)
    return tuple(sorted(codes))
