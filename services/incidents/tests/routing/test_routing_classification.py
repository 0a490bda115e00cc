"""Routing: numbers, night, skills, triage, and what holds for any text."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.texts import keys
from contracts.vocabulary import Category, Role, Skill, values_of
from jinan.local_time import LOCAL, working_days_after
from services.incidents.policy import POLICIES
from services.incidents.routing.domain import NEVER_VOLUNTEERS, POLICE_ONLY, RoutingInput, classify
from services.incidents.routing.domain.needs import max_people, people_asked
from services.incidents.routing.domain.normalising import normalise

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=LOCAL)
NIGHT = datetime(2026, 3, 5, 23, 30, tzinfo=LOCAL)
POLICY = POLICIES.at(NOON)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("需要六名义警维持秩序", 6),
        ("请派12名志愿者", 12),
        ("要二十个人手", 20),
        ("需要十五名义警", 15),
        ("来两个义警", 2),
        ("需要一百名义警", 20),
        ("需要增援", None),
        ("缺3人", 3),
    ],
)
def test_how_many_a_text_asks_for(text: str, people: int | None) -> None:
    assert people_asked(normalise(text)) == people


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("十几个人讨薪", 13),
        ("七八个人", 8),
        ("二十多个工人", 20),
        ("两个男的", 2),
        ("上百名业主", 100),
        ("没别人", 0),
    ],
)
def test_the_largest_number_of_people_named(text: str, most: int) -> None:
    assert max_people(normalise(text)) == most


@pytest.mark.parametrize(
    ("text", "category", "skills"),
    [
        ("小区里两辆车挡住了出口", "traffic", set()),
        ("学校门口放学时堵成一团", "traffic", {"traffic"}),
        ("身份证过期了,不知道网上怎么预约", "assistance", {"e-service"}),
        ("独居老人腿脚不便,想有人帮着买菜", "assistance", {"care"}),
        ("膝盖擦伤了一点,想借个创可贴", "assistance", {"first-aid"}),
        ("地下室堆满了电瓶车充电", "hazard", {"fire-safety"}),
        ("楼上吵得睡不着", "nuisance", {"mediation"}),
        ("推销高息理财的又来了", "fundraising", {"anti-fraud"}),
    ],
)
def test_the_skills_a_matter_takes(text: str, category: Category, skills: set[Skill]) -> None:
    assert set(classify(RoutingInput(text, category, "resident"), POLICY, NOON).skills) == skills


def test_at_night_two_or_more_go() -> None:
    asked = RoutingInput("不会用手机交电费", "assistance", "resident")
    assert classify(asked, POLICY, NOON).people_needed == 1
    assert classify(asked, POLICY, NIGHT).people_needed == 2


def test_the_number_that_a_reporter_gives_counts() -> None:
    asked = RoutingInput("需要六名义警", "checkpoint", "committee", people_needed=9)
    assert classify(asked, POLICY, NOON).people_needed == 9


@pytest.mark.parametrize(
    "text", ["", "测试", "你好", "。。。", "\u200b\u3164", "Where is the station", "asdfgh", "1"]
)
@pytest.mark.parametrize("category", [None, "environment", "traffic"])
def test_nothing_that_can_be_read_goes_to_a_person(text: str, category: Category | None) -> None:
    decision = classify(RoutingInput(text, category, "resident"), POLICY, NOON)
    assert decision.triage is not None


def test_a_picked_category_against_clear_words_goes_to_a_person() -> None:
    decision = classify(RoutingInput("路灯坏了好几天不亮", "escort", "resident"), POLICY, NOON)
    assert decision.triage is not None


def test_a_category_of_the_police_without_words_of_danger_is_looked_at_first() -> None:
    decision = classify(RoutingInput("路灯坏了好几天不亮", "violence", "resident"), POLICY, NOON)
    assert (decision.route, decision.triage) == ("police", "urgent")


@pytest.mark.parametrize("later", ["小心!他拿刀了", "打起来了,头破血流", "着火了"])
def test_danger_told_later_goes_to_the_police(later: str) -> None:
    first = "两家为晾衣服吵了几句"
    assert classify(RoutingInput(first, None, "resident"), POLICY, NOON).route == "volunteers"
    noted = RoutingInput(later, "dispute", "resident", before=first)
    decision = classify(noted, POLICY, NOON)
    assert (decision.route, decision.triage, decision.danger) == ("police", None, "sure")


def test_the_same_text_under_the_same_version_is_decided_the_same() -> None:
    asked = RoutingInput("楼上吵得睡不着", None, "resident")
    first = classify(asked, POLICY, NOON)
    assert classify(asked, POLICIES.of(first.rules_version), NOON) == first


def test_every_reason_has_words() -> None:
    for text in ("楼上吵得睡不着", "着火了", "测试", "二十个工人围着讨薪", "路灯坏了"):
        decision = classify(RoutingInput(text, None, "resident"), POLICY, NOON)
        assert decision.because
        assert {f"because.{code}" for code in decision.because} <= keys()


def test_fundraising_goes_to_volunteers_and_informs_the_police() -> None:
    decision = classify(
        RoutingInput("有人拉老人投资,月息三分", "fundraising", "resident"), POLICY, NOON
    )
    assert (decision.route, decision.inform_police) == ("volunteers", True)


def test_full_width_letters_and_digits_read_as_plain_ones() -> None:
    assert people_asked(normalise("需要６名义警")) == 6


@given(
    text=st.text(max_size=300),
    category=st.sampled_from([None, *values_of(Category)]),
    role=st.sampled_from(values_of(Role)),
    finished=st.booleans(),
)
def test_any_words_get_a_route_and_danger_never_gets_volunteers(
    text: str, category: Category | None, role: Role, finished: bool
) -> None:
    decision = classify(RoutingInput(text, category, role, finished), POLICY, NOON)
    assert 1 <= decision.people_needed <= 20
    assert decision.rules_version == POLICY.version
    assert 0 <= decision.confidence <= 1
    if decision.danger != "none" or decision.category in POLICE_ONLY:
        assert decision.route == "police"
    if category in NEVER_VOLUNTEERS:
        assert decision.route != "volunteers"
    if decision.route == "log":
        assert role in ("volunteer", "leader")


@given(
    before=st.sampled_from(["", "小区里很吵。", "路灯坏了,", "大家好!\n", "孩子在玩;"]),
    danger=st.sampled_from(
        ["有人持刀", "楼道着火了", "两个人打起来了", "老人昏迷了", "有人要跳楼"]
    ),
    after=st.sampled_from(["", ",请来人", "。谢谢", "!快"]),
    category=st.sampled_from(values_of(Category)),
)
def test_danger_is_found_anywhere_in_the_text(
    before: str, danger: str, after: str, category: Category
) -> None:
    assert (
        classify(RoutingInput(before + danger + after, category, "resident"), POLICY, NOON).route
        == "police"
    )


def test_every_category_has_its_rule_and_every_version_is_found_again() -> None:
    assert set(POLICY.category) == set(values_of(Category))
    assert POLICIES.of(POLICY.version) is POLICY


@pytest.mark.parametrize(
    ("since", "days", "until"),
    [
        ("2026-03-05T10:00", 2, "2026-03-09T10:00"),  # Thursday: Friday, Monday
        ("2026-03-06T10:00", 1, "2026-03-09T10:00"),  # Friday
        ("2026-03-07T15:00", 1, "2026-03-10T00:00"),  # Saturday counts as Monday's start
        ("2026-03-08T23:59", 2, "2026-03-11T00:00"),
    ],
)
def test_working_days(since: str, days: int, until: str) -> None:
    moment = datetime.fromisoformat(since).replace(tzinfo=LOCAL)
    assert working_days_after(moment, days) == datetime.fromisoformat(until).replace(tzinfo=LOCAL)
