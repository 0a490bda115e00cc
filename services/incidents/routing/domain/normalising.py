"""Brings a text into one form before anything reads it. Pure, and linear in the text's length.

What a person can see stays: words, and the signs that end a clause. What hides words goes: width,
traditional forms, invisible characters, gaps inside words.
"""

import re
import unicodedata
from functools import cache

from opencc import OpenCC

MAX_READ = 4_000
"""Characters that are read of a text as it was typed."""
MAX_LENGTH = 2_000
"""Characters of the result. Some characters grow 18-fold under NFKC."""

_EMOJI = {
    "🔪": "刀",
    "🗡": "刀",
    "⚔": "刀",
    "🔫": "枪",
    "💣": "炸弹",
    "🔥": "着火",
    "🧯": "着火",
    "🚒": "着火",
    "🩸": "流血",
    "🆘": "救命",
    "🚨": "报警",
    "🚑": "救护车",
    "👊": "打人",
    "🤜": "打人",
    "💊": "药",
    "💉": "针管",
    "☠": "死",
    "💀": "死",
    "🐕": "狗",
    "🐶": "狗",
    "🗑": "垃圾",
    "💡": "灯",
}
"""Only emoji that mean a thing; faces say how somebody feels, and go."""
_SHOWN = dict.fromkeys("\n\r\t\u2028\u2029\x0b\x0c", " ")
_HIDDEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u00ad\u034f\u061c\u17b4\u17b5")
_HIDDEN_KINDS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me"})
_CHINESE = "\u3400-\u9fff"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SPACE = re.compile(r"\s+")
# Not the signs that end a clause.
_GAP = re.compile(
    rf"(?<=[{_CHINESE}])[\s.*_\-·•・|/\\^~`+=#@&<>'\"“”‘’()\[\]{{}}]+(?=[{_CHINESE}])"
)
_SPACED_LATIN = re.compile(r"(?<![a-z0-9])[a-z0-9](?:[ .\-*_][a-z0-9](?![a-z0-9])){2,}")
_SPLIT_BY_STOPS = re.compile(
    rf"(?<![{_CHINESE}])[{_CHINESE}](?:[,，。、.!！…;；:： ]+[{_CHINESE}](?![{_CHINESE}])){{2,}}"
)
_STOPS = re.compile(r"[,，。、.!！…;；:： ]+")
_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_NUMBER = re.compile("[零〇一二三四五六七八九幺]{3,}")
_PHONE = r"(?<!\d)(?:(?:\+?86[ -]?)?1[3-9](?:[ -]?\d){9}|0\d{2,3}[ -]?\d{7,8})(?!\d)"
_NAMED = r"(?:(?:联系)?(?:电话|手机)(?:号码?)?|联系方式|联系人|号码|微信号?)"
_ASK = "(?:有事|有问题|请|麻烦|可以?|直接|回|打|联系|加|拨打?|留个?|附|这是)"
_CONTACT = re.compile(
    rf"(?:(?:^|(?<=[,。;!?: (])){_ASK}{{0,3}})?(?<![的个他她家方])(?:我的?|本人|俺的?)?{_NAMED}?"
    rf"(?:就?是|为|[: ])?{_PHONE}(?:(?:找|联系|打给|回)?我)?(?=$|[,。;!?: )])|{_PHONE}"
)
"""How to reach somebody tells nothing of the matter: the number goes, and what announces it."""
_PAPER = re.compile(r"(?<!\d)(?:\d{17}[\dx]|\d{15})(?![\da-z])")
_PLATE = re.compile(
    rf"(?:车牌号?码?(?:是|为|[: ])?)?[{_PROVINCES}][a-z][ ·.-]?"
    r"(?=[a-z]{0,5}\d)[a-z0-9]{5,6}(?![a-z0-9])"
)
_LONG_NUMBER = re.compile(r"(?<!\d)(?!(?:96110|12345|[10]+)(?!\d))\d{5,}(?!\d)")
_ANY_NUMBER = "00000"
"""In place of each number of five digits or more. It is one itself, so that normalising a second
time changes nothing. The lines to call, and 110 with a key held down, keep what they mean."""
_REPEATED = re.compile(r"([^\d零〇一二三四五六七八九幺])\1{3,}")
_LETTER = re.compile(rf"[{_CHINESE}a-z0-9]")


@cache
def _converter() -> OpenCC:
    return OpenCC("tw2s")


def normalise(text: str) -> str:
    """Simplified, half-width, lower case, at most `MAX_LENGTH` characters."""
    seen = "".join(map(_seen, text[:MAX_READ]))
    plain = "".join(map(_seen, unicodedata.normalize("NFKC", seen)[: 4 * MAX_LENGTH])).lower()
    plain = _converter().convert(_REPEATED.sub(r"\1\1\1", plain)[: 2 * MAX_LENGTH])
    plain = _SPLIT_BY_STOPS.sub(lambda found: _STOPS.sub("", found[0]), plain)
    plain = _SPACED_LATIN.sub(lambda found: re.sub(r"[ .\-*_]", "", found[0]), plain)
    plain = _GAP.sub("", plain)
    plain = _NUMBER.sub(lambda found: found[0].translate(_DIGITS), plain)
    return _SPACE.sub(" ", _without_numbers(plain)).strip(" ,;:()")[:MAX_LENGTH]


def _without_numbers(plain: str) -> str:
    """Nobody's phone, papers or plate changes who answers."""
    plain = _PLATE.sub("车牌", _PAPER.sub("", _CONTACT.sub("", plain)))
    return _LONG_NUMBER.sub(_ANY_NUMBER, plain)


def is_readable(plain: str) -> bool:
    """Whether a normalised text has at least one letter or digit."""
    return _LETTER.search(plain) is not None


def is_cut(text: str) -> bool:
    """Whether a part of the text is not read: then a person has to."""
    return len(text) > MAX_READ or len(unicodedata.normalize("NFKC", text)) > 2 * MAX_LENGTH


def _seen(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in _EMOJI:
        return _EMOJI[character]
    if character in _SHOWN:
        return _SHOWN[character]
    if character in _HIDDEN_LETTERS or unicodedata.category(character) in _HIDDEN_KINDS:
        return ""
    return "" if unicodedata.category(character) == "So" and ord(character) > 0x2FFF else character
