"""Routing beside the examples: numbers, night, skills, triage, and what holds for any words at
all."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import Category, Role, Skill, values_of
from services.incidents.report.cues import people_asked, read
from services.incidents.report.policy import JINAN, rules_at, rules_of, working_days_after
from services.incidents.report.routing import NEVER_VOLUNTEERS, POLICE_ONLY, Asked, route

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=JINAN)
NIGHT = datetime(2026, 3, 5, 23, 30, tzinfo=JINAN)
RULES = rules_at(NOON)


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
    assert people_asked(text) == people


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
    assert read(text).most_people == most


@pytest.mark.parametrize(
    ("text", "category", "skills"),
    [
        ("小区里两辆车挡住了出口", "traffic", set()),
        ("学校门口放学时堵成一团", "traffic", {"traffic"}),
        ("身份证过期了,不知道网上怎么预约", "assistance", {"e-service"}),
        ("独居老人好几天没人送饭", "assistance", {"care"}),
        ("有人骑车摔倒,胳膊流血", "assistance", {"first-aid"}),
        ("地下室堆满了电瓶车充电", "hazard", {"fire-safety"}),
        ("楼上吵得睡不着", "nuisance", {"mediation"}),
        ("推销高息理财的又来了", "fundraising", {"anti-fraud"}),
    ],
)
def test_the_skills_a_matter_takes(text: str, category: Category, skills: set[Skill]) -> None:
    assert set(route(Asked(text, category, "resident"), RULES, NOON).skills) == skills


def test_at_night_two_or_more_go() -> None:
    asked = Asked("不会用手机交电费", "assistance", "resident")
    assert route(asked, RULES, NOON).people_needed == 1
    assert route(asked, RULES, NIGHT).people_needed == 2


def test_the_number_that_a_reporter_gives_counts() -> None:
    asked = Asked("需要六名义警", "checkpoint", "committee", people_needed=9)
    assert route(asked, RULES, NOON).people_needed == 9


@pytest.mark.parametrize("text", ["你好", "那边出了点事", "。。。", "!!!"])
def test_words_that_tell_nothing_are_for_an_officer_to_look_at(text: str) -> None:
    ruling = route(Asked(text, None, "resident"), RULES, NOON)
    assert ruling.triage
    assert ruling.category == "assistance"


def test_a_category_that_was_picked_is_not_doubted_without_danger() -> None:
    ruling = route(Asked("那边出了点事", "environment", "resident"), RULES, NOON)
    assert (ruling.category, ruling.triage, ruling.inferred) == ("environment", False, False)


def test_fundraising_is_for_volunteers_and_the_police_are_told() -> None:
    ruling = route(Asked("有人拉老人投资,月息三分", "fundraising", "resident"), RULES, NOON)
    assert (ruling.route, ruling.police_told) == ("volunteers", True)


def test_full_width_letters_and_digits_read_as_plain_ones() -> None:
    assert people_asked("需要６名义警") == 6


@given(
    text=st.text(max_size=300),
    category=st.sampled_from([None, *values_of(Category)]),
    role=st.sampled_from(values_of(Role)),
    finished=st.booleans(),
)
def test_any_words_get_a_route_and_danger_never_gets_volunteers(
    text: str, category: Category | None, role: Role, finished: bool
) -> None:
    ruling = route(Asked(text, category, role, finished), RULES, NOON)
    assert 1 <= ruling.people_needed <= 20
    assert ruling.rules_version == RULES.version
    if ruling.danger or ruling.category in POLICE_ONLY:
        assert ruling.route == "police"
    if category in NEVER_VOLUNTEERS:
        assert ruling.route != "volunteers"
    if ruling.route == "log":
        assert role in ("volunteer", "leader")


@given(
    before=st.sampled_from(["", "小区里很吵。", "路灯坏了,", "大家好!\n", "孩子在玩;"]),
    danger=st.sampled_from(
        ["有人持刀", "楼道着火了", "两个人打起来了", "老人昏迷了", "有人要跳楼"]
    ),
    after=st.sampled_from(["", ",请来人", "。谢谢", "!快"]),
    category=st.sampled_from(values_of(Category)),
)
def test_danger_is_seen_wherever_it_stands(
    before: str, danger: str, after: str, category: Category
) -> None:
    assert (
        route(Asked(before + danger + after, category, "resident"), RULES, NOON).route == "police"
    )


def test_every_category_has_its_rule_and_every_version_is_found_again() -> None:
    assert set(RULES.category) == set(values_of(Category))
    assert rules_of(RULES.version) is RULES


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
    moment = datetime.fromisoformat(since).replace(tzinfo=JINAN)
    assert working_days_after(moment, days) == datetime.fromisoformat(until).replace(tzinfo=JINAN)
