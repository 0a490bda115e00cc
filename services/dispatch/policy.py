"""The numbers that decide, from `policy.toml`. Each decision records the version it was taken
under."""

from datetime import datetime, timedelta
from pathlib import Path

from chassis.domain import Policies, Policy
from contracts.vocabulary import Category, Urgency
from jinan import local_time


class DispatchPolicy(Policy):
    """Units are in the names; what each number means stands in `policy.toml`."""

    walk_m_per_s: float
    detour: float
    skill_bonus_min: float
    week_malus_min: float
    week_malus_max_calls: int

    fresh_s: int
    assumed_s: int
    assumed_min: float
    future_s: int
    late_s: int
    rest_s: int
    max_accepted_per_day: int
    adult_age: int
    elder_age: int
    night_from_hour: int
    night_until_hour: int
    pair_categories: tuple[Category, ...]

    rings_m: tuple[int, ...]
    search_limits: tuple[int, ...]
    max_waves: int
    max_per_wave: int
    enough: float
    prior: float
    prior_weight: float
    nobody_min: float

    look_again_s: int
    recovery_s: int
    recovery_retry_s: int

    answer_s: int
    answer_pressing_s: int
    answer_manual_s: int
    leader_s: int
    claim_grace_s: int

    set_out_s: int
    arrive_walks: float
    arrive_min_s: int
    finish_s: int
    scene_m: int
    second_tap_after_s: int
    second_tap_within_s: int
    sign_asked_answer_s: int
    sign_leader_s: int
    open_max_s: int

    sign_asked_s: int
    no_sign_s: int
    min_work_minutes: int
    unchecked_work_s: int

    search_days: int
    position_access_s: int
    position_access_days: int

    def is_night(self, now: datetime) -> bool:
        return local_time.is_night(now, self.night_from_hour, self.night_until_hour)

    def places(self, category: Category, asked: int, now: datetime) -> int:
        """How many people are needed: two or more at a dispute, a nuisance or at night."""
        pair = category in self.pair_categories or self.is_night(now)
        return max(asked, 2 if pair else 1)

    def time_to_answer(self, urgency: Urgency) -> timedelta:
        pressing = urgency in ("urgent", "high")
        return timedelta(seconds=self.answer_pressing_s if pressing else self.answer_s)

    def time_to_arrive(self, distance_m: int) -> timedelta:
        """How long somebody on the way may take, before they are asked. Distance on the map,
        metres."""
        walk_s = distance_m * self.detour / self.walk_m_per_s
        return timedelta(seconds=max(self.arrive_min_s, self.arrive_walks * walk_s))

    @property
    def unchecked_work(self) -> timedelta:
        return timedelta(seconds=self.unchecked_work_s)

    @property
    def claim_grace(self) -> timedelta:
        return timedelta(seconds=self.claim_grace_s)


POLICIES = Policies(DispatchPolicy, Path(__file__).with_name("policy.toml").read_text("utf-8"))
