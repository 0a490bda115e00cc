"""Texts of the field that went the wrong way elsewhere, and the side that each belongs on."""

from datetime import UTC, datetime

import pytest

from chassis.domain import Refusal
from services.incidents.policy import POLICIES
from services.incidents.report.domain.wording import words_of
from services.incidents.report.schemas import advice
from services.incidents.routing.domain import RoutingDecision, RoutingInput, classify
from services.incidents.tests.reports import new

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
POLICY = [*POLICIES][-1]


def routed(text: str) -> RoutingDecision:
    return classify(RoutingInput(text, None, "resident"), POLICY, NOON)


@pytest.mark.parametrize(
    "text",
    [
        "3號樓著火了，快來人",
        "老人暈倒在樓下",
        "有人要跳樓",
        "3号楼着\u200b火了，快来人",
        "有人打\u00ad架",
        "着 火 了",
        "两车追尾当场1死7伤",
        "一幼儿园近50名儿童食物中毒入院",
        "小孩掉河里了",
        "快叫救护车",
    ],
)
def test_danger_in_whatever_form_goes_to_the_police_with_advice(text: str) -> None:
    """Cases A1, A2, A3."""
    found = routed(text)
    assert (found.route, found.urgency) == ("police", "urgent")
    assert found.danger != "none"
    given = advice(new(text)[0])
    assert given is not None
    assert "110/119/120" in given.zh


def test_invisible_signs_and_spaces_change_nothing() -> None:
    assert routed("3号楼着\u200b火了，快来人") == routed("3号楼着火了，快来人")
    assert routed("有人打\u00ad架") == routed("有人打架")


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("广场舞吵死人了", {"nuisance"}),
        ("我们小区坐落在大明湖边上，门口停车太乱", {"traffic"}),
        ("楼上住户打架子鼓夜晚扰民", {"nuisance"}),
        ("消防通道被占，出了火灾怎么办", {"hazard"}),
        ("万一小区里面发生火灾事故，消防车进不来", {"hazard"}),
    ],
)
def test_a_cue_is_a_word_in_its_sense_and_not_what_might_be(
    text: str, categories: set[str]
) -> None:
    """Cases A4, A5."""
    found = routed(text)
    assert found.route != "police"
    assert found.danger == "none"
    assert found.category in categories


@pytest.mark.parametrize(
    "text",
    [
        "社区贫困人口补助怎么申请",
        "移动手机信号一直不好",
        "想问下产假期间的工资找谁要，要带啥材料",
    ],
)
def test_matters_of_offices_wait_for_a_person_and_call_nobody(text: str) -> None:
    """Cases A4, A6."""
    found = routed(text)
    assert (found.triage, found.danger) == ("normal", "none")
    assert found.route != "police"


def test_some_big_trouble_is_no_drug() -> None:
    found = routed("有个大麻烦，想请居委会帮忙")
    assert (found.route == "police", found.danger) == (False, "none")


def test_a_text_of_invisible_signs_says_nothing() -> None:
    """Case A15."""
    with pytest.raises(Refusal, match="text_empty"):
        words_of("\u200b\u200b\u200b", None)


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("我不想活了", "12356", "撤到安全处"),
        ("有人要跳楼", "陪着他", "撤到安全处"),
        ("晚上有人一直跟着我", "人多明亮", "呼喊"),
        ("楼道一股煤气味", "开窗关阀", "撤到安全处"),
        ("3号楼着火了", "不要乘电梯", "12356"),
        ("小孩掉河里了", "不要下水", "撤到安全处"),
        ("两车追尾当场1死7伤", "拨120", "火情"),
    ],
)
def test_advice_fits_the_matter(text: str, right: str, wrong: str) -> None:
    given = advice(new(text)[0])
    assert given is not None
    assert right in given.zh
    assert wrong not in given.zh
