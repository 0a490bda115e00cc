"""Writes the table of characters and their sounds: `python -m ops.routing.pinyin`. Needs
requirements-training.lock; the service reads only the table."""

from collections import defaultdict
from pathlib import Path

from pypinyin import lazy_pinyin

from services.incidents.routing.domain import features

FILE = Path(features.__file__).with_name("pinyin.txt")
_FIRST, _LAST = (0xB0, 0xA1), (0xF7, 0xFE)
"""Of the 6,763 characters of GB 2312, as the bytes of its encoding."""
_DIALECT = "咥咂喺嘢啲咁唔冇佢嘅睇哋"


def characters() -> list[str]:
    found: list[str] = []
    for high in range(_FIRST[0], _LAST[0] + 1):
        for low in range(_FIRST[1], _LAST[1] + 1):
            found.append(bytes((high, low)).decode("gb2312", "ignore"))
    return [character for character in (*found, *_DIALECT) if character]


def table() -> str:
    """A line a syllable: the most common reading of each character."""
    by_syllable: defaultdict[str, list[str]] = defaultdict(list)
    for character in dict.fromkeys(characters()):
        syllable = lazy_pinyin(character)[0]
        if syllable != character:
            by_syllable[syllable].append(character)
    return "".join(
        f"{syllable} {''.join(by_syllable[syllable])}\n" for syllable in sorted(by_syllable)
    )


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
