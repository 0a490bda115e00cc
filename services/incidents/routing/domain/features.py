"""What the classifier sees of a normalised text: pieces of it, by their characters and by their
sound. Pure.

Sound makes the typing errors of dictation alike (报警, 抱紧) and reads typed pinyin (jiuming).
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_CLAUSE = re.compile(r"[,。;!?:、…~\n ]+")
_PIECE = re.compile(r"[a-z]+|[0-9]+|.", re.DOTALL)
_NEGATION = frozenset("没不别未无非")
_NEGATED = 4
"""Characters after a negation that stand under it."""
_SKIPPED = 3
_SAME_SOUND = (("zh", "z"), ("ch", "c"), ("sh", "s"))
"""What Shandong's and the south's tongues mix up."""


@cache
def _sounds() -> dict[str, str]:
    lines = (Path(__file__).parent / "pinyin.txt").read_text("utf-8").splitlines()
    return {
        character: _blurred(syllable)
        for syllable, characters in (line.split(" ") for line in lines)
        for character in characters
    }


@cache
def _typed_pinyin() -> re.Pattern[str]:
    lines = (Path(__file__).parent / "pinyin.txt").read_text("utf-8").splitlines()
    syllables = sorted((line.split(" ")[0] for line in lines), key=len, reverse=True)
    return re.compile("|".join(syllables))


@cache
def _meanings() -> dict[str, tuple[str, ...]]:
    """Word -> what it means."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (Path(__file__).parent / "concepts.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            meaning, words = line.split(": ")
            for word in words.split():
                found[word] = (*found.get(word, ()), meaning)
    return found


@cache
def _longest() -> int:
    return max(map(len, _meanings()))


def _blurred(syllable: str) -> str:
    for exact, near in _SAME_SOUND:
        if syllable.startswith(exact):
            syllable = near + syllable[len(exact) :]
    return syllable.removesuffix("g") if syllable.endswith("ng") else syllable


def features(plain: str) -> set[str]:
    """Each once, however often it stands in the text."""
    found: set[str] = set()
    clauses = [clause for clause in _CLAUSE.split(plain) if clause]
    for clause in clauses:
        found.update(_by_characters(clause))
        found.update(_by_sound(clause))
    found.update(_by_meaning(clauses))
    if clauses:
        found.update("L" + pair for pair in _grams(_PIECE.findall(clauses[-1]), 2))
    return found


def _grams(pieces: list[str], length: int) -> Iterator[str]:
    return ("".join(pieces[at : at + length]) for at in range(len(pieces) - length + 1))


def _by_characters(clause: str) -> Iterator[str]:
    pieces = ["^", *_PIECE.findall(clause), "$"]
    for length in (1, 2, 3, 4):
        yield from _grams(pieces, length)
    for gap in range(2, _SKIPPED + 1):
        for first, second in zip(pieces, pieces[gap:], strict=False):
            yield f"{first}_{second}"
    for at, piece in enumerate(pieces):
        if piece in _NEGATION:
            for pair in _grams(pieces[at + 1 : at + 1 + _NEGATED], 2):
                yield "N" + pair


def _by_sound(clause: str) -> Iterator[str]:
    sounds: list[str] = []
    for piece in _PIECE.findall(clause):
        if piece.isascii() and piece.isalpha():
            sounds.extend(_blurred(found[0]) for found in _typed_pinyin().finditer(piece))
        else:
            sounds.append(_sounds().get(piece) or piece)
    for length in (2, 3):
        for at in range(len(sounds) - length + 1):
            yield "P" + " ".join(sounds[at : at + length])


def _by_meaning(clauses: list[str]) -> Iterator[str]:
    """Each meaning, alone and with each other one of the text; whether it is denied."""
    everywhere: set[str] = set()
    for clause in clauses:
        for at, word in _words(clause):
            denied = any(character in _NEGATION for character in clause[max(0, at - 3) : at])
            everywhere.update(("!" if denied else "") + name for name in _meanings()[word])
    meanings = sorted(everywhere)
    for at, meaning in enumerate(meanings):
        yield "M" + meaning
        for other in meanings[at + 1 :]:
            yield f"M{meaning}+{other}"


def _words(clause: str) -> Iterator[tuple[int, str]]:
    """Words that have a meaning, and where they stand; of several at one place the longest."""
    known, end = _meanings(), 0
    for at in range(len(clause)):
        for length in range(min(_longest(), len(clause) - at), 0, -1):
            word = clause[at : at + length]
            if word in known:
                if at + length > end:  # not a part of the word before
                    yield at, word
                    end = at + length
                break
