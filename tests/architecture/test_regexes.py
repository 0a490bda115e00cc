"""Regular expressions over what callers write do work in proportion to its length."""

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from inspect import signature
from typing import Any

import pytest

from tests.architecture.tree import ROOT, modules
from tests.support.regex_steps import repeated, search, steps

SHORT, LONG = 30, 60
_LINEAR = 2.6
"""At most, between a text and one of twice its length: 4 is quadratic."""
_MET_NOWHERE = "\ue001"


def _product() -> list[str]:
    """Modules that run in a service, but for those that start something when imported."""
    paths = (path.relative_to(ROOT) for path in modules())
    return [
        ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for path in paths
        if path.parts[0] in ("jinan", "contracts", "chassis", "services")
        and "tests" not in path.parts
        and path.stem not in ("main", "__main__")
    ]


def _within(thing: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(thing, re.Pattern):
        yield thing
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from _within(value)
    elif isinstance(thing, tuple | list):
        for value in thing:
            yield from _within(value)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for one in fields(thing):
            yield from _within(getattr(thing, one.name))


def _patterns() -> dict[str, re.Pattern[str]]:
    """Those of modules, and of what cached functions without arguments read from files."""
    found: dict[str, re.Pattern[str]] = {}
    for name in _product():
        module = importlib.import_module(name)
        for key, thing in vars(module).items():
            if getattr(thing, "__module__", name) not in (name, None, "re"):
                continue
            is_read = hasattr(thing, "cache_info") and not signature(thing).parameters
            for n, pattern in enumerate(_within(thing() if is_read else thing)):
                found[f"{name}.{key}[{n}]"] = pattern
    return found


PATTERNS = {name: pattern for name, pattern in _patterns().items() if repeated(pattern)}


def _texts(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    signs = repeated(pattern)
    for first in signs:
        for second in ("", *signs):
            unit = first + second
            run = unit * (length // len(unit))
            yield run
            yield run + _MET_NOWHERE


@pytest.mark.parametrize("name", PATTERNS)
def test_twice_the_text_is_twice_the_work(name: str) -> None:
    sys.setrecursionlimit(20_000)
    pattern = PATTERNS[name]
    for short, long in zip(_texts(pattern, SHORT), _texts(pattern, LONG), strict=True):
        assert steps(pattern, long) <= _LINEAR * steps(pattern, short) + 50, repr(short[:4])


def test_the_test_knows_what_it_looks_for() -> None:
    assert {"services.incidents.routing.domain.normalising._GAP[0]"} <= PATTERNS.keys()
    for slow in (r"\w+@", r"(a+)+b", r"(?:a|a)*c", r"\d*\d*x"):
        pattern = re.compile(slow)
        sign = repeated(pattern)[0]
        n = 5 if slow[0] == "(" else SHORT  # exponential, or quadratic
        assert steps(pattern, sign * 2 * n) > _LINEAR * steps(pattern, sign * n), slow


@pytest.mark.parametrize("one", [r"[a-z]+@x", r"(?<!\d)\d{5,}(?!\d)", r"(.)\1{3,}", r"a|bc$"])
def test_the_counting_matcher_finds_what_re_finds(one: str) -> None:
    pattern = re.compile(one)
    for text in ("", "abc@x", "12345a", "aaaaab", "bc", "x" * 9 + "@x"):
        found = pattern.search(text)
        assert search(pattern, text) == (found.span() if found else None)
