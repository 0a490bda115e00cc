"""The one catalogue of texts that users see: Chinese first, English beside it (`texts.toml`)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Text:
    zh: str
    en: str


@cache
def _catalogue() -> dict[str, Text]:
    raw = tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))
    return {
        f"{section}.{key}": Text(entry["zh"], entry["en"])
        for section, keys in raw.items()
        for key, entry in keys.items()
    }


def text(key: str, **values: object) -> Text:
    """The text of `<section>.<key>` with its `{places}` filled in.

    Raises KeyError for a key that the catalogue lacks, or a place that was given no value.
    """
    entry = _catalogue()[key]
    return Text(entry.zh.format(**values), entry.en.format(**values))


def keys() -> frozenset[str]:
    return frozenset(_catalogue())
