"""Certain signs of danger (`signs-<version>.toml`): few rules that an officer can read. Pure.

A sign counts in the clause where it stands, unless that clause denies it, tells of the past, of
what might be, of a film or a drill, or says that it is over.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from contracts.vocabulary import Category

_CLAUSE = re.compile(r"[,。;!?:、…\n]+")
_FOLDER, _NAME = Path(__file__).parent, "signs-"
_NOTHING = r"(?!)"
_CONTEXT = 12
"""Characters before a sign that can deny it."""


@dataclass(frozen=True)
class Sign:
    name: str
    category: Category
    any: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True)
class Signs:
    """`denied` and `supposed` are looked for before a sign, `elsewhere` in its whole clause; the
    other two in the whole text, and count where there is no sign."""

    version: str
    denied: re.Pattern[str]
    supposed: re.Pattern[str]
    elsewhere: re.Pattern[str]
    office: re.Pattern[str]
    fire_access: re.Pattern[str]
    signs: tuple[Sign, ...]


@cache
def newest() -> str:
    """The newest version."""
    return max(path.stem.removeprefix(_NAME) for path in _FOLDER.glob(f"{_NAME}*.toml"))


@cache
def signs(version: str) -> Signs:
    """Raises FileNotFoundError where there never was such a version."""
    raw: dict[str, Any] = tomllib.loads((_FOLDER / f"{_NAME}{version}.toml").read_text("utf-8"))
    return Signs(
        version=raw["version"],
        denied=re.compile(raw["denied"]),
        supposed=re.compile(raw["supposed"]),
        elsewhere=re.compile("|".join((raw["past"], raw["told"], raw["over"]))),
        office=re.compile(raw.get("office", _NOTHING)),
        fire_access=re.compile(raw.get("fire_access", _NOTHING)),
        signs=tuple(
            Sign(
                name,
                entry["category"],
                re.compile("|".join(entry["any"])),
                re.compile("|".join(entry["unless"])) if "unless" in entry else None,
            )
            for name, entry in raw["sign"].items()
        ),
    )


def signs_in(plain: str, rules: Signs) -> tuple[Sign, ...]:
    """In the order of the file."""
    clauses = [clause for clause in _CLAUSE.split(plain) if clause]
    return tuple(
        sign for sign in rules.signs if any(_stands_in(sign, clause, rules) for clause in clauses)
    )


def _stands_in(sign: Sign, clause: str, rules: Signs) -> bool:
    if sign.any.search(clause) is None:  # first, since it is what most signs end with
        return False
    if sign.unless is not None and sign.unless.search(clause):
        return False
    if rules.elsewhere.search(clause):
        return False
    for found in sign.any.finditer(clause):
        before = clause[max(0, found.start() - _CONTEXT) : found.start()]
        if not (rules.denied.search(before) or rules.supposed.search(before)):
            return True
    return False
