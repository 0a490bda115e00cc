"""One form of a text before anything reads it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.routing.domain.normalising import MAX_LENGTH, is_cut, is_readable, normalise


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("樓下有人拿著刀", "楼下有人拿着刀"),
        ("救 命", "救命"),
        ("拿\n刀", "拿刀"),
        ("有，人，拿，刀", "有人拿刀"),
        ("刀·子", "刀子"),
        ("救\u200b命\u3164", "救命"),
        ("打 1️⃣1️⃣0️⃣", "打 110"),
        ("快打幺幺零", "快打110"),
        ("Ｊｉｕ　Ｍｉｎｇ", "jiu ming"),
        ("j i u m i n g", "jiuming"),
        ("他🔪追我🩸", "他刀追我流血"),
        ("真烦😭😂", "真烦"),
        ("狗叫，吵，烦，没法睡", "狗叫,吵,烦,没法睡"),
        ("二十多个人", "二十多个人"),
        ("楼下狗叫,电话13800001111", "楼下狗叫"),
        ("救命啊啊啊啊啊啊啊", "救命啊啊啊"),
    ],
)
def test_a_text_is_brought_into_one_form(typed: str, read: str) -> None:
    assert normalise(typed) == read


@pytest.mark.parametrize("typed", ["", "   ", "\u200b\u3164\u2800", "。。!!", "😂😂", "\n\t"])
def test_nothing_to_read_is_seen_as_nothing(typed: str) -> None:
    assert not is_readable(normalise(typed))


def test_invisible_padding_does_not_push_words_out() -> None:
    assert "拿刀" in normalise("\u200b" * 3000 + "拿刀")
    assert is_cut("啊吧" * 2500)


@given(st.text(max_size=3000))
def test_any_text_stays_bounded_and_normalising_again_changes_no_letter(typed: str) -> None:
    plain = normalise(typed)
    assert len(plain) <= MAX_LENGTH
    assert is_readable(normalise(plain)) == is_readable(plain)


@pytest.mark.parametrize("typed", ["\ufdfa", "乾", "a ", "刀.", "一", "📞", "\u0301", "救 "])
def test_the_longest_text_takes_milliseconds(typed: str) -> None:
    text = (typed * 4000)[:4000]
    began = time.process_time()
    for _ in range(5):
        normalise(text)
    assert (time.process_time() - began) / 5 < 0.1
