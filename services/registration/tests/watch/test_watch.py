"""A watch: taken, offered, accepted, lapsed."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.domain import Refusal
from contracts.events import registration as contract
from contracts.vocabulary import Role
from services.registration.account.domain import Account, HeldGrant
from services.registration.policy import POLICIES
from services.registration.watch.domain import (
    Watch,
    accept,
    follow_grants,
    lapse,
    offer,
    release,
    take,
    watch_of,
)

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
POLICY = POLICIES.at(NOW)
END = NOW + timedelta(hours=12)
STREET, DISTRICT, CITY = "370104009", "370104", "3701"
ONE, OTHER, THIRD = "acc_1", "acc_2", "acc_3"


def free(area: str = STREET) -> Watch:
    watch = watch_of(area)
    assert watch is not None
    return watch


def held(by: str = ONE) -> Watch:
    return free().with_(by=by, until=END)


def account(
    id: str, role: Role = "officer", area: str = STREET, until: datetime | None = None
) -> Account:
    grant = HeldGrant(role=role, area=area, source="hand", given_by="acc_0", until=until)
    return Account(id=id, phone="-", grants=(grant,))


def offered() -> Watch:
    return held().with_(to=OTHER)


@pytest.mark.parametrize("area", [STREET, DISTRICT, CITY])
def test_a_street_a_district_and_the_city_have_one_watch_each(area: str) -> None:
    watch = free(area)
    assert (watch.id, watch.area, watch.state) == (f"wat_{area}", area, "free")


@pytest.mark.parametrize("area", ["370104009008", "370199", "370104999", "3702", "", "wat_3701"])
def test_a_community_and_what_is_not_there_have_none(area: str) -> None:
    assert watch_of(area) is None


def test_taken_for_twelve_hours() -> None:
    decision = take(free(), account(ONE), POLICY, NOW)
    assert decision is not None
    watch, facts = decision
    assert (watch.state, watch.by, watch.until) == ("held", ONE, END)
    assert facts == [contract.WatchTaken(watch=watch.id, area=STREET, by=ONE, until=END)]


@pytest.mark.parametrize("watch", [held(), offered()], ids=["held", "offered"])
def test_taking_it_again_changes_nothing_and_nobody_else_takes_it(watch: Watch) -> None:
    assert take(watch, account(ONE), POLICY, NOW) is None
    for somebody in (OTHER, THIRD):
        with pytest.raises(Refusal, match="watch_held"):
            take(watch, account(somebody), POLICY, END - timedelta(milliseconds=1))


def test_an_offer_goes_to_one_at_a_time() -> None:
    first = offer(held(), ONE, account(OTHER), NOW)
    assert first is not None
    assert first[1] == [contract.WatchOffered(watch=first[0].id, area=STREET, by=ONE, to=OTHER)]
    assert offer(first[0], ONE, account(OTHER), NOW) is None
    second = offer(first[0], ONE, account(THIRD), NOW)
    assert second is not None
    assert (second[0].state, second[0].by, second[0].to) == ("offered", ONE, THIRD)
    with pytest.raises(Refusal, match="watch_not_offered"):
        accept(second[0], account(OTHER), POLICY, NOW)


@pytest.mark.parametrize(
    "to",
    [
        None,
        account(ONE),
        account(OTHER, "volunteer"),
        account(OTHER, "city_desk", CITY),
        account(OTHER, area="370104010"),
        account(OTHER, area="370104009008"),
        account(OTHER, until=NOW),
    ],
)
def test_an_offer_goes_to_another_officer_of_the_area_only(to: Account | None) -> None:
    with pytest.raises(Refusal, match="watch_to_nobody") as refused:
        offer(held(), ONE, to, NOW)
    assert [*refused.value.fields] == ["body.to"]


@pytest.mark.parametrize("area", [STREET, DISTRICT, CITY])
def test_a_grant_around_the_area_is_enough(area: str) -> None:
    assert offer(held(), ONE, account(OTHER, area=area), NOW) is not None


def test_who_accepts_holds_it_anew() -> None:
    later = NOW + timedelta(hours=5)
    decision = accept(offered(), account(OTHER), POLICY, later)
    assert decision is not None
    watch, (fact,) = decision
    until = later + timedelta(hours=12)
    assert (watch.state, watch.by, watch.to, watch.until) == ("held", OTHER, None, until)
    assert fact == contract.WatchAccepted(watch=watch.id, area=STREET, by=OTHER, until=until)
    assert accept(watch, account(OTHER), POLICY, later) is None


@pytest.mark.parametrize("who", [ONE, THIRD])
def test_nobody_else_accepts_it(who: str) -> None:
    with pytest.raises(Refusal, match="watch_not_offered"):
        accept(offered(), account(who), POLICY, NOW)


@pytest.mark.parametrize("watch", [free(), held(OTHER), offered().with_(by=OTHER, to=THIRD)])
def test_only_the_holder_offers(watch: Watch) -> None:
    with pytest.raises(Refusal, match="watch_not_yours"):
        offer(watch, ONE, account(THIRD), NOW)


def test_it_lapses_at_its_end_and_says_so_once() -> None:
    assert lapse(offered(), END - timedelta(milliseconds=1)) is None
    decision = lapse(offered(), END)
    assert decision is not None
    watch, facts = decision
    assert (watch.state, watch.by, watch.to, watch.until) == ("lapsed", None, None, END)
    assert facts == [contract.WatchLapsed(watch=watch.id, area=STREET, by=ONE, at=END)]
    assert lapse(watch, END + timedelta(days=1)) is None


def test_at_its_end_it_is_free_to_take_before_the_step_has_run() -> None:
    assert offered().at(END).state == "lapsed"
    for refused in (
        lambda: offer(held(), ONE, account(THIRD), END),
        lambda: accept(offered(), account(OTHER), POLICY, END),
    ):
        with pytest.raises(Refusal):
            refused()
    decision = take(offered(), account(THIRD), POLICY, END)
    assert decision is not None
    watch, facts = decision
    assert (watch.by, watch.to) == (THIRD, None)
    assert [type(fact) for fact in facts] == [contract.WatchLapsed, contract.WatchTaken]


def test_whose_grant_was_lost_takes_and_accepts_nothing_whatever_the_token_says() -> None:
    for nobody in (None, account(OTHER, area="370102001"), account(OTHER, until=NOW)):
        for refused in (
            lambda who=nobody: take(free(), who, POLICY, NOW),
            lambda who=nobody: accept(offered(), who, POLICY, NOW),
        ):
            with pytest.raises(Refusal, match="outside_area"):
                refused()


def test_it_ends_with_the_grant_that_allows_it() -> None:
    soon = NOW + timedelta(hours=1)
    for decision in (
        take(free(), account(ONE, until=soon), POLICY, NOW),
        accept(held(OTHER).with_(to=ONE), account(ONE, until=soon), POLICY, NOW),
    ):
        assert decision is not None
        assert decision[0].until == soon


def test_given_back_by_its_holder_alone() -> None:
    later = NOW + timedelta(hours=3)
    watch, facts = release(offered(), ONE, later)
    assert (watch.state, watch.by, watch.to, watch.until) == ("lapsed", None, None, later)
    assert facts == [contract.WatchLapsed(watch=watch.id, area=STREET, by=ONE, at=later)]
    for current in (watch, free(), held(OTHER), held(OTHER).with_(to=ONE)):
        with pytest.raises(Refusal, match="watch_not_yours"):
            release(current, ONE, later)
    with pytest.raises(Refusal, match="watch_not_yours"):
        release(held(), ONE, END)


@pytest.mark.parametrize("left", [None, account(ONE, "resident", CITY), account(ONE, until=NOW)])
def test_who_loses_the_grant_or_is_deleted_holds_it_no_more(left: Account | None) -> None:
    decision = follow_grants(offered(), ONE, left, NOW)
    assert decision is not None
    watch, facts = decision
    assert (watch.by, watch.to, watch.until) == (None, None, NOW)
    assert facts == [contract.WatchLapsed(watch=watch.id, area=STREET, by=ONE, at=NOW)]
    assert follow_grants(watch, ONE, left, NOW) is None


def test_an_offer_to_who_loses_the_grant_ends() -> None:
    decision = follow_grants(offered(), OTHER, None, NOW)
    assert decision is not None
    watch, facts = decision
    assert (watch.state, watch.by, watch.until) == ("held", ONE, END)
    assert facts == [contract.WatchOfferEnded(watch=watch.id, area=STREET, by=ONE, to=OTHER)]


def test_a_grant_that_is_cut_short_cuts_the_watch_short() -> None:
    soon = NOW + timedelta(hours=1)
    decision = follow_grants(offered(), ONE, account(ONE, until=soon), NOW)
    assert decision is not None
    watch, facts = decision
    assert (watch.by, watch.to, watch.until) == (ONE, OTHER, soon)
    assert facts == [contract.WatchTaken(watch=watch.id, area=STREET, by=ONE, until=soon)]
    assert follow_grants(watch, ONE, account(ONE, until=soon), NOW) is None


def test_another_grant_for_the_area_is_enough_to_keep_it() -> None:
    assert follow_grants(held(), ONE, account(ONE, area=DISTRICT), NOW) is None
    assert follow_grants(held(), THIRD, None, NOW) is None
