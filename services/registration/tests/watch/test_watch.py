"""A watch: taken, offered, accepted, lapsed."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.domain import Refusal
from contracts.events import registration as contract
from contracts.vocabulary import Role
from services.registration.account.domain import Account, HeldGrant
from services.registration.policy import POLICIES
from services.registration.watch.domain import Watch, accept, lapse, offer, take, watch_of

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
    decision = take(free(), ONE, POLICY, NOW)
    assert decision is not None
    watch, facts = decision
    assert (watch.state, watch.by, watch.until) == ("held", ONE, END)
    assert facts == [contract.WatchTaken(watch=watch.id, area=STREET, by=ONE, until=END)]


@pytest.mark.parametrize("watch", [held(), offered()], ids=["held", "offered"])
def test_taking_it_again_changes_nothing_and_nobody_else_takes_it(watch: Watch) -> None:
    assert take(watch, ONE, POLICY, NOW) is None
    for somebody in (OTHER, THIRD):
        with pytest.raises(Refusal, match="watch_held"):
            take(watch, somebody, POLICY, END - timedelta(milliseconds=1))


def test_an_offer_goes_to_one_at_a_time() -> None:
    first = offer(held(), ONE, account(OTHER), NOW)
    assert first is not None
    assert first[1] == [contract.WatchOffered(watch=first[0].id, area=STREET, by=ONE, to=OTHER)]
    assert offer(first[0], ONE, account(OTHER), NOW) is None
    second = offer(first[0], ONE, account(THIRD), NOW)
    assert second is not None
    assert (second[0].state, second[0].by, second[0].to) == ("offered", ONE, THIRD)
    with pytest.raises(Refusal, match="watch_not_offered"):
        accept(second[0], OTHER, POLICY, NOW)


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
    decision = accept(offered(), OTHER, POLICY, later)
    assert decision is not None
    watch, (fact,) = decision
    until = later + timedelta(hours=12)
    assert (watch.state, watch.by, watch.to, watch.until) == ("held", OTHER, None, until)
    assert fact == contract.WatchAccepted(watch=watch.id, area=STREET, by=OTHER, until=until)
    assert accept(watch, OTHER, POLICY, later) is None


@pytest.mark.parametrize("who", [ONE, THIRD])
def test_nobody_else_accepts_it(who: str) -> None:
    with pytest.raises(Refusal, match="watch_not_offered"):
        accept(offered(), who, POLICY, NOW)


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
        lambda: accept(offered(), OTHER, POLICY, END),
    ):
        with pytest.raises(Refusal):
            refused()
    decision = take(offered(), THIRD, POLICY, END)
    assert decision is not None
    watch, facts = decision
    assert (watch.by, watch.to) == (THIRD, None)
    assert [type(fact) for fact in facts] == [contract.WatchLapsed, contract.WatchTaken]
