"""Finds cues in a text, clause by clause, and recognises where they are negated.

The cues are data (`cues.toml`); `classification.py` decides what follows from them.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from contracts.vocabulary import Category, Skill

_CLAUSE = re.compile(r"[,，。.;；!！?？:：、\n\r\t …—]+")
_CONTEXT = 10
"""How many characters before a match are searched for a negation."""
_NUMBER = r"(?:\d{1,6}|[零一二两三四五六七八九十百几数]{1,8})"
_WHO = (
    "人|工人|工友|民工|农民工|业主|村民|居民|商户|家长|家属|亲戚|老乡|租户|顾客|群众|员工"
    "|男|女|小伙|大汉|壮汉|学生"
)
_PEOPLE = re.compile(rf"({_NUMBER})[多余来]?[个名位口号]?[多余]?(?:{_WHO})")
_ASKED = re.compile(rf"({_NUMBER})\s*(?:个|名|位)?(?:人)?(?:义警|志愿者|人手|队员|同志|帮手|人)")
_DIGITS = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))


@dataclass(frozen=True)
class Cue:
    """`any` matches it; `unless` (same clause) and `not_before` (right before the match) cancel the
    match. `deniable` and `across`: see `cues.toml`."""

    any: re.Pattern[str]
    unless: re.Pattern[str] | None
    not_before: re.Pattern[str] | None
    deniable: bool
    across: bool


@dataclass(frozen=True)
class Lexicon:
    """All cues of one policy version."""

    version: str
    negation: re.Pattern[str]
    prevention: re.Pattern[str]
    cues: dict[str, Cue]
    categories: dict[Category, tuple[re.Pattern[str], ...]]
    skills: dict[Skill, re.Pattern[str]]


@dataclass(frozen=True)
class Reading:
    """What was found in a text. `categories`: matches for each category; `max_people`: the largest
    number of people that it mentions."""

    cues: frozenset[str]
    categories: dict[Category, int]
    skills: frozenset[Skill]
    max_people: int


def _join(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@cache
def lexicon() -> Lexicon:
    raw: dict[str, Any] = tomllib.loads((Path(__file__).parent / "cues.toml").read_text("utf-8"))

    def cue(entry: dict[str, Any]) -> Cue:
        return Cue(
            _join(entry["any"]),
            _join(entry["unless"]) if "unless" in entry else None,
            re.compile(entry["not_before"]) if "not_before" in entry else None,
            entry.get("deniable", True),
            entry.get("across", False),
        )

    return Lexicon(
        version=raw["version"],
        negation=re.compile(raw["negation"]),
        prevention=re.compile(raw["prevention"]),
        cues={name: cue(entry) for name, entry in raw["cue"].items()},
        categories=cast(
            dict[Category, tuple[re.Pattern[str], ...]],
            {
                name: tuple(re.compile(p) for p in patterns)
                for name, patterns in raw["category"].items()
            },
        ),
        skills=cast(
            dict[Skill, re.Pattern[str]],
            {name: _join(patterns) for name, patterns in raw["skill"].items()},
        ),
    )


def read(text: str, words: Lexicon | None = None) -> Reading:
    """Full-width characters are read as plain ones."""
    words = words or lexicon()
    plain = unicodedata.normalize("NFKC", text)
    clauses = [clause for clause in _CLAUSE.split(plain) if clause]
    return Reading(
        cues=frozenset(
            name
            for name, cue in words.cues.items()
            for part in ((plain,) if cue.across else clauses)
            if _matches(cue, part, words)
        ),
        categories={
            category: len([True for p in patterns if p.search(plain)])
            for category, patterns in words.categories.items()
        },
        skills=frozenset(skill for skill, pattern in words.skills.items() if pattern.search(plain)),
        max_people=max(
            (_count(found[1]) for c in clauses for found in _PEOPLE.finditer(c)), default=0
        ),
    )


def _matches(cue: Cue, clause: str, words: Lexicon) -> bool:
    if cue.any.search(clause) is None:  # first, since it is what most cues end with
        return False
    if cue.unless is not None and cue.unless.search(clause):
        return False
    if cue.deniable and words.prevention.search(clause):
        return False
    for found in cue.any.finditer(clause):
        before = clause[max(0, found.start() - _CONTEXT) : found.start()]
        if cue.deniable and words.negation.search(before):
            continue
        if cue.not_before is not None and cue.not_before.search(before):
            continue
        return True
    return False


def people_asked(text: str) -> int | None:
    """How many people a text asks for, as in 需要六名义警; at most 20. None where it gives no
    number."""
    found = _ASKED.search(unicodedata.normalize("NFKC", text))
    count = _count(found[1]) if found else 0
    return min(count, 20) or None


def _count(word: str) -> int:
    """A number in digits or Chinese numerals, up to hundreds."""
    if word.isdigit():
        return int(word[:6])
    total, rest = 0, word
    for unit, value in (("百", 100), ("十", 10)):
        head, found, tail = rest.partition(unit)
        if found:
            total += value * (_ones(head) if head else 1)
            rest = tail
    return total + (_ones(rest) if rest else 0)


def _ones(word: str) -> int:
    """One digit; the larger one of two in a row (七八个人); 几 and 数 ("a few") count as 3."""
    return max((_DIGITS.get(sign, 3) for sign in word), default=0)
