"""What is sealed cannot be read without the key, and comes back as it was with it."""

import copy
from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chassis.personal.sealing import PersonalField, empty, nothing, open_sealed, seal

KEY, OTHER = b"k" * 32, b"o" * 32


def coarse(value: float) -> float:
    return round(value, 1)


PERSONAL = (
    PersonalField("text", empty),
    PersonalField("longitude", coarse),
    PersonalField("lines.*.note", nothing),
    PersonalField("question.text", empty),
)
words = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
documents = st.fixed_dictionaries(
    {
        "text": words,
        "longitude": st.floats(116, 118),
        "state": st.sampled_from(["filed", "closed"]),
        "lines": st.lists(
            st.fixed_dictionaries({"what": st.just("noted"), "note": st.none() | words})
        ),
        "question": st.none() | st.fixed_dictionaries({"text": words, "by": st.just("acc_1")}),
    }
)


@given(documents)
def test_with_the_key_everything_comes_back(document: dict[str, Any]):
    stored = seal(copy.deepcopy(document), PERSONAL, KEY, "reports:1")
    open_sealed(stored, KEY, "reports:1")
    del stored["sealed"]
    assert stored == document


@given(documents)
def test_without_the_key_nothing_personal_is_left(document: dict[str, Any]):
    whole = copy.deepcopy(document)
    for key in (KEY, None):
        stored = seal(copy.deepcopy(whole), PERSONAL, key, "reports:1")
        open_sealed(stored, None, "reports:1")
        assert stored["text"] == ""
        assert stored["longitude"] == round(whole["longitude"], 1)
        assert all(line["note"] is None for line in stored["lines"])
        assert not stored["question"] or stored["question"]["text"] == ""
        assert stored["state"] == whole["state"]
        assert key or stored["sealed"] is None


def test_a_line_added_behind_the_sealed_ones_harms_nothing():
    """As `Reports.mark_called` adds it, within the store."""
    stored = seal({"text": "甲", "lines": [{"note": "乙"}]}, PERSONAL, KEY, "r:1")
    stored["lines"].append({"note": None})
    open_sealed(stored, KEY, "r:1")
    assert [line["note"] for line in stored["lines"]] == ["乙", None]


@pytest.mark.parametrize(("key", "context"), [(OTHER, "r:1"), (KEY, "r:2")])
def test_a_foreign_key_or_document_is_an_error(key: bytes, context: str):
    stored = seal({"text": "秘密"}, PERSONAL, KEY, "r:1")
    assert "秘密".encode() not in orjson.dumps(stored["text"]) + stored["sealed"]
    with pytest.raises(InvalidTag):
        open_sealed(stored, key, context)
