"""Nobody's phone, papers or plate changes who answers."""

import json
from pathlib import Path

import pytest

from services.incidents.policy import POLICIES
from services.incidents.routing.domain import RoutingDecision, RoutingInput, classify
from services.incidents.routing.domain.normalising import normalise
from services.incidents.tests.routing.test_routing_classification import NOON

POLICY = POLICIES.at(NOON)
_FILES = sorted((Path(__file__).parents[4] / "ops" / "routing" / "texts").glob("*.jsonl"))
TEXTS: list[str] = [
    json.loads(line)["text"]
    for file in _FILES
    for line in file.read_text("utf-8").splitlines()[::15]
]
FORMS = (
    "{},电话13800001111",
    "{} 138-0000-1111",
    "{}。我的手机号是13912345678",
    "{},有事请联系0531-87654321",
    "{}（电话：１３８００００１１１１）",
    "13800001111,{}",
)


def decided(text: str) -> RoutingDecision:
    return classify(RoutingInput(text, None, "resident"), POLICY, NOON)


@pytest.mark.parametrize("form", FORMS)
def test_a_phone_number_changes_neither_route_nor_triage(form: str) -> None:
    assert len(TEXTS) > 400
    changed = [
        text
        for text in TEXTS
        if (plain := decided(text)).route != (told := decided(form.format(text))).route
        or plain.triage != told.triage
    ]
    assert changed == []


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("有个电话13800001111说我涉案", "有个电话说我涉案"),
        ("身份证37010419900101123X丢了", "身份证丢了"),
        ("车牌鲁AD12345的车堵门口", "车牌的车堵门口"),
        ("鲁A·12345撞了人跑了", "车牌撞了人跑了"),
        ("让我转账50000", "让我转账00000"),
        ("一三八零零零零一一一一", ""),
        ("96110打来的", "96110打来的"),
        ("快打 110", "快打 110"),
        ("11111 0", "11111 0"),
        ("3楼201漏水", "3楼201漏水"),
    ],
)
def test_long_numbers_are_alike_and_the_lines_to_call_stay(typed: str, read: str) -> None:
    assert normalise(typed) == read


@pytest.mark.parametrize(
    "text",
    ["我的电话13800000000", "谢谢你们", "没事了", "已经解决了", "我在这里", "。。。", "好的收到"],
)
def test_a_fragment_without_a_matter_goes_to_a_person_and_calls_nobody(text: str) -> None:
    assert decided(text).triage == "normal"
