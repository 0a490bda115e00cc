"""The text catalogue: both languages, the same places to fill in, and every key that the code asks
for."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from contracts.texts import entries, keys
from tests.architecture.tree import ROOT, files, modules, name, parsed

ENTRIES = dict(entries())
_KEY = re.compile(r"""["'`]([a-z_]+\.[a-z0-9_]+)["'`]""")
_SECTION = re.compile(r"""t\(\s*`([a-z_]+)\.|named\(\s*["']([a-z_]+)["']""")


class Use(NamedTuple):
    """A text that the code asks for by a literal key. `values` None: passed on, so not known
    here."""

    where: str
    key: str
    values: frozenset[str] | None


def _places(text: str) -> set[str]:
    return {place for _, place, _, _ in string.Formatter().parse(text) if place is not None}


@pytest.mark.parametrize("key", ENTRIES)
def test_both_languages_are_there_with_the_same_places(key: str) -> None:
    entry = ENTRIES[key]
    assert entry.keys() - {"status", "pattern"} == {"zh", "en"}
    assert _places(entry["zh"]) == _places(entry["en"])
    assert entry["zh"].strip()
    assert entry["en"].strip()
    assert entry["en"].isascii() or not any("\u4e00" <= c <= "\u9fff" for c in entry["en"]), (
        "the English is Chinese"
    )


def speaking() -> Iterator[Path]:
    """The modules whose words reach users."""
    for path in modules():
        parts = path.relative_to(ROOT).parts
        if parts[0] in ("chassis", "services", "deploy") and "tests" not in parts:
            yield path


def _uses() -> Iterator[Use]:
    for path in speaking():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                for use in _asked(node):
                    yield use._replace(where=f"{name(path)}:{node.lineno}")


def _asked(call: ast.Call) -> Iterator[Use]:
    named = {keyword.arg for keyword in call.keywords}
    values = None if None in named else frozenset(arg for arg in named if arg)
    called = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if called == "text" and call.args and (key := _literal(call.args[0])):
        yield Use("", key, values)
    if called == "Refusal" and call.args:
        if code := _literal(call.args[0]):
            yield Use("", f"problem.{code}", values)
        for keyword in call.keywords:
            if keyword.arg == "fields" and isinstance(keyword.value, ast.Dict):
                yield from (
                    Use("", key, values) for v in keyword.value.values if (key := _literal(v))
                )


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _literal(node: ast.expr) -> str | None:
    value = _constant(node)
    return value if isinstance(value, str) else None


def test_every_text_that_is_asked_for_is_in_the_catalogue() -> None:
    assert [f"{use.where} {use.key}" for use in _uses() if use.key not in keys()] == []


def test_every_place_of_a_text_is_given_its_value() -> None:
    lacking = [
        f"{use.where} {use.key} lacks {', '.join(sorted(missing))}"
        for use in _uses()
        if use.values is not None
        and use.key in ENTRIES
        and (missing := _places(ENTRIES[use.key]["zh"]) - use.values)
    ]
    assert lacking == []


def _shown() -> tuple[set[str], set[str]]:
    """What the screens ask for: whole keys, and sections of which they ask by a computed key."""
    sources = [
        path.read_text("utf-8")
        for path in files()
        if path.is_relative_to(ROOT / "apps") and path.suffix in (".ts", ".vue")
    ]
    whole = {key for source in sources for key in _KEY.findall(source)}
    sections = {
        section for source in sources for found in _SECTION.findall(source) for section in found
    }
    return whole, sections


def test_no_text_is_left_over() -> None:
    """A key stands somewhere in the code, whole or by its last part, or its section is asked for by
    a computed key."""
    spoken, computed = _shown()
    for path in speaking():
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.JoinedStr)
                and (first := _literal(node.values[0]))
                and "." in first
            ):
                computed.add(first.partition(".")[0])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                spoken.add(node.value)
    unused = [
        key
        for key, entry in ENTRIES.items()
        if "pattern" not in entry  # asked for by what it explains
        and not {key, key.partition(".")[2]} & spoken
        and key.partition(".")[0] not in computed - {"problem"}
    ]
    assert unused == []
