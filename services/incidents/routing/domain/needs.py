"""What a matter takes: skills and people, as the words tell. Pure. It never decides who answers."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, cast

from contracts.vocabulary import Category, Route, Skill, values_of

_BY_WORDS: dict[Category, tuple[Skill, ...]] = {
    "traffic": ("traffic",),
    "hazard": ("care",),
    "assistance": ("e-service", "care", "first-aid"),
}
_NUMBER = r"(?:\d{1,6}|[零一二两三四五六七八九十百几数]{1,8})"
_WHO = (
    "人|工人|工友|民工|农民工|业主|村民|居民|商户|家长|家属|亲戚|老乡|租户|顾客|群众|员工"
    "|男|女|小伙|大汉|壮汉|学生"
)
_PEOPLE = re.compile(rf"({_NUMBER})[多余来]?[个名位口号]?[多余]?(?:{_WHO})")
_ASKED = re.compile(rf"({_NUMBER})\s*(?:个|名|位)?(?:人)?(?:义警|志愿者|人手|队员|同志|帮手|人)")
_DIGITS = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))


@cache
def _words() -> dict[Skill, re.Pattern[str]]:
    raw: dict[str, Any] = tomllib.loads((Path(__file__).parent / "skills.toml").read_text("utf-8"))
    return {cast(Skill, name): re.compile("|".join(words)) for name, words in raw.items()}


def skills_for(
    category: Category, route: Route, plain: str, default: tuple[Skill, ...]
) -> tuple[Skill, ...]:
    """In the vocabulary's order."""
    words = _words()
    found = set(default) | {s for s in _BY_WORDS.get(category, ()) if words[s].search(plain)}
    if category == "hazard" and route == "volunteers" and words["fire-safety"].search(plain):
        found.add("fire-safety")
    return tuple(skill for skill in values_of(Skill) if skill in found)


def is_first_aid(plain: str) -> bool:
    return _words()["first-aid"].search(plain) is not None


def max_people(plain: str) -> int:
    """The largest number of people that the text mentions."""
    return max((_count(found[1]) for found in _PEOPLE.finditer(plain)), default=0)


def people_asked(plain: str) -> int | None:
    """How many people a text asks for, as in 需要六名义警; at most 20. None where it gives no
    number."""
    found = _ASKED.search(plain)
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
