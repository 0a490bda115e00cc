"""The catalogue of all texts that users see, in Chinese and English. A file for each service;
`platform.toml` has what they share."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict


class LocalizedText(BaseModel):
    """Chinese and English; the client chooses."""

    model_config = ConfigDict(frozen=True)

    zh: str
    en: str


def entries() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(`<section>.<key>`, entry) of every file. A section may stand in several files.

    Raises ValueError for a key that stands twice.
    """
    seen: set[str] = set()
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        for section, keys in tomllib.loads(file.read_text("utf-8")).items():
            for key, entry in keys.items():
                name = f"{section}.{key}"
                if name in seen:
                    raise ValueError(f"{name} stands twice in the catalogue")
                seen.add(name)
                yield name, entry


@cache
def _catalogue() -> dict[str, LocalizedText]:
    return {name: LocalizedText(zh=entry["zh"], en=entry["en"]) for name, entry in entries()}


def text(key: str, **values: object) -> LocalizedText:
    """The text of `<section>.<key>` with its `{places}` filled in.

    Raises KeyError for a key that the catalogue lacks, or a place that was given no value.
    """
    entry = template(key)
    return LocalizedText(zh=entry.zh.format(**values), en=entry.en.format(**values))


def template(key: str) -> LocalizedText:
    """The same with its `{places}` left open."""
    return _catalogue()[key]


@cache
def statuses() -> Mapping[str, int]:
    """Code of a problem -> HTTP status, where it is not the usual one: 422 for a wrong part of the
    request, else 409."""
    return {
        name.removeprefix("problem."): entry["status"]
        for name, entry in entries()
        if "status" in entry
    }


@cache
def forms() -> Mapping[str, str]:
    """Pattern -> key of the text that says what it asks for."""
    return {entry["pattern"]: name for name, entry in entries() if "pattern" in entry}


@cache
def keys() -> frozenset[str]:
    return frozenset(_catalogue())
