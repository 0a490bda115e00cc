"""The numbers that decide: data with a version and a validity. Each decision records the version it
was taken under."""

from datetime import UTC, datetime, timedelta, timezone

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary import Category, Urgency

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one time zone and no summer time."""


class Policy(BaseModel):
    """Default numbers of `domain.md`; those marked * are this project's own."""

    model_config = ConfigDict(frozen=True)

    version: str
    valid_from: datetime

    walk_m_per_s: float = 1.2
    detour: float = 1.3
    skill_bonus_min: float = 3.0
    """* Minutes taken off for each of the skills asked for that a person has."""
    week_malus_min: float = 0.5
    """* Minutes put on for each call of the last 7 days, at most `week_malus_calls` of them."""
    week_malus_calls: int = 10

    fresh_s: int = 300
    future_s: int = 120
    """* How far ahead of our clock a phone's may be."""
    rest_s: int = 30 * 60
    most_a_day: int = 4
    """Call-outs a day: those that a person accepted."""
    adult: int = 18
    elder: int = 70
    night_from_h: int = 22
    night_until_h: int = 6
    two_or_more: tuple[Category, ...] = ("dispute", "nuisance")

    rings_m: tuple[int, ...] = (500, 1000, 2000)
    looked_at: tuple[int, ...] = (24, 80, 240)
    """* How many of the nearest are looked at, and how many when those did not suffice."""
    waves: int = 3
    most_a_wave: int = 12
    enough: float = 0.9
    """The chance of enough acceptances that a wave is made for."""
    prior: float = 0.35
    prior_weight: float = 4.0
    """* How many answers of one's own weigh as much as the prior."""
    nobody_min: float = 60.0
    """* What it costs if nobody of a wave comes, in minutes: above any walk within the last
    ring."""

    blind_s: int = 180
    """* Within so long after positions were lost, phones on duty have told anew where they are: in
    three tries."""
    blind_look_s: int = 15
    """* How often a call-out that found nobody is looked at until then."""

    timeout_s: int = 120
    timeout_pressing_s: int = 60
    """For urgent and high."""
    timeout_by_hand_s: int = 300
    """* A leader has the person on the phone."""
    leader_s: int = 120
    """* How long the leaders have before the station is told too."""
    claim_grace_s: int = 300
    """* How long after a call lapsed its claim ends by itself, should nobody end it."""

    sign_asked_s: int = 25 * 60
    no_sign_s: int = 30 * 60
    least_minutes: int = 10
    """A stretch of work shorter than this counts nothing."""

    def is_night(self, now: datetime) -> bool:
        hour = now.astimezone(LOCAL).hour
        return hour >= self.night_from_h or hour < self.night_until_h

    def places(self, category: Category, asked: int, now: datetime) -> int:
        """How many people are needed: two or more at a dispute, a nuisance or at night."""
        return (
            max(asked, 2) if category in self.two_or_more or self.is_night(now) else max(asked, 1)
        )

    def timeout(self, urgency: Urgency) -> timedelta:
        return timedelta(
            seconds=self.timeout_pressing_s if urgency in ("urgent", "high") else self.timeout_s
        )


POLICIES = (Policy(version="2026-01", valid_from=datetime(2026, 1, 1, tzinfo=UTC)),)
"""All there ever were, by validity; an old one is never changed."""


def policy_at(now: datetime) -> Policy:
    """The policy that is valid; the oldest one for a time before all of them."""
    return next((p for p in reversed(POLICIES) if p.valid_from <= now), POLICIES[0])


def policy_of(version: str) -> Policy:
    """Raises KeyError where there never was such a version."""
    return {policy.version: policy for policy in POLICIES}[version]
