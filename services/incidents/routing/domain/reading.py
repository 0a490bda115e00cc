"""Reads a text: one form, certain signs, then what the classifier makes of it. Pure."""

import re
from dataclasses import dataclass, replace

from contracts.vocabulary import Category, Role
from services.incidents.routing.domain.classifier import Scores, model, pieces_of
from services.incidents.routing.domain.needs import max_people
from services.incidents.routing.domain.normalising import is_cut, is_readable, normalise
from services.incidents.routing.domain.signs import Sign, Signs, newest, signs, signs_in

_CHINESE = re.compile("[\u3400-\u9fff]")
_OVER = re.compile(
    "没事了|不用来|误会|虚惊|看错|听错|找到了|找着了|解决了|走了|散了|撤|已经?(好|灭|送|醒)"
)

_MANY = 6


@dataclass(frozen=True)
class Reading:
    """`signs`: of the text, and of what stood before unless the text says that it is over.
    `is_cut`: a part is too long to be read."""

    plain: str
    signs: tuple[Sign, ...]
    scores: Scores
    is_readable: bool
    is_chinese: bool
    is_cut: bool


def read(
    text: str,
    before: str | None,
    given: Category | None,
    role: Role,
    rules: Signs,
    scores: Scores | None = None,
) -> Reading:
    """`scores`: in place of those of the shipped model."""
    plain, found, pieces = _seen(text, before, given, role, rules)
    return Reading(
        plain=plain,
        signs=found,
        scores=scores or _scores(text, bool(found and (before or given)), role, pieces, rules),
        is_readable=is_readable(plain),
        is_chinese=_CHINESE.search(plain) is not None,
        is_cut=is_cut(text),
    )


def _scores(text: str, is_told_besides: bool, role: Role, pieces: set[str], rules: Signs) -> Scores:
    """Neither a picked category nor what stood before makes a text with a sign less dangerous."""
    scores = model().scores(pieces)
    if not is_told_besides:
        return scores
    alone = model().scores(_seen(text, None, None, role, rules)[2])
    if alone.police <= scores.police:
        return scores
    return replace(scores, police=alone.police, sure=max(alone.sure, scores.sure))


def pieces_read(text: str, before: str | None, given: Category | None, role: Role) -> set[str]:
    """What training sees of a text: the same as the classifier."""
    return _seen(text, before, given, role, signs(newest()))[2]


def _seen(
    text: str, before: str | None, given: Category | None, role: Role, rules: Signs
) -> tuple[str, tuple[Sign, ...], set[str]]:
    plain = normalise(text)
    earlier = normalise(before) if before else None
    found = signs_in(plain, rules)
    if earlier and not _OVER.search(plain):
        found = tuple(dict.fromkeys((*found, *signs_in(earlier, rules))))
    names = tuple(sign.name for sign in found)
    pieces = pieces_of(plain, earlier, given, role, names)
    if max_people(plain) >= _MANY:
        pieces.add("~many")
    return plain, found, pieces
