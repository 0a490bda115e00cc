"""The shares of the relay: each has one holder, live replicas hold equally many, and what lapses is
taken over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.mongo.store import Store
from chassis.outbox.shares import SHARES, Shares, rebalance, share_of
from tests.support.waiting import eventually

NOW = datetime(2026, 3, 5, tzinfo=UTC)


def held_by(*shares: Shares) -> list[int]:
    """How many each holds; no share is held twice."""
    numbers = [number for each in shares for number in each.held]
    assert len(numbers) == len({*numbers})
    return [len(each.held) for each in shares]


def test_ids_are_spread_over_all_shares() -> None:
    counts = [0] * SHARES
    for n in range(800):
        counts[share_of(f"rep_{n}")] += 1
    assert min(counts) > 50


@given(st.lists(st.sampled_from("abcd "), min_size=SHARES, max_size=SHARES), st.data())
def test_replicas_that_take_and_give_in_any_order_end_with_equally_many(
    holders: list[str], data: st.DataObject
) -> None:
    """Shares of `d`, which is gone, have lapsed; those of nobody are free."""
    live = data.draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True))
    later, leases = NOW + timedelta(seconds=5), list[dict[str, Any]]()
    for number, holder in enumerate(holders):
        until = later if holder in live else NOW
        leases.append({"number": number, "holder": holder.strip(), "until": until})
    members = [{"holder": name, "until": later} for name in live]
    for name in [name for _ in range(3) for name in data.draw(st.permutations(live))]:
        found = {"shares": leases, "members": members, "now": NOW}
        take, give = rebalance(found, name)
        assert not (take and give)
        for number in take:
            leases[number] |= {"holder": name, "until": later}
        for number in give:
            leases[number] |= {"holder": "", "until": NOW}
    counts = [sum(lease["holder"] == name for lease in leases) for name in live]
    assert sum(counts) == SHARES
    assert max(counts) - min(counts) <= 1


def of(store: Store, seconds: float) -> Shares:
    return Shares(store.collection("leases"), seconds)


@pytest.mark.servers
async def test_one_process_alone_holds_all_shares(store: Store):
    alone = of(store, 60)
    assert await alone.renew() == []
    assert held_by(alone) == [SHARES]


@pytest.mark.servers
async def test_a_second_replica_gets_its_half_once_the_first_gives_it_back(store: Store):
    first, second = of(store, 60), of(store, 60)
    await first.renew()
    assert await second.renew() == []
    assert held_by(first, second) == [SHARES, 0]
    surplus = await first.renew()
    await first.give_back(surplus)
    assert held_by(first, second) == [SHARES // 2, 0]
    await second.renew()
    assert held_by(first, second) == [SHARES // 2, SHARES // 2]
    assert await first.renew() == []


@pytest.mark.servers
async def test_shares_of_a_replica_that_renews_no_more_are_taken_over(store: Store):
    first, second = of(store, 2.0), of(store, 2.0)  # longer than two renewals ever take
    await first.renew()
    await second.renew()
    assert held_by(first, second) == [SHARES, 0]

    async def taken_over() -> bool:
        await second.renew()
        return len(second.held) == SHARES

    await eventually(taken_over)
    assert not first.held  # its own deadline is the earlier one
    await first.renew()
    assert not first.held


@pytest.mark.servers
async def test_who_leaves_gives_all_back_and_counts_no_more(store: Store):
    first, second = of(store, 60), of(store, 60)
    await first.renew()
    await first.leave()
    assert not first.held
    await second.renew()
    assert held_by(first, second) == [0, SHARES]
    await first.leave()  # not the holder any more: no effect
    await second.renew()
    assert held_by(first, second) == [0, SHARES]
