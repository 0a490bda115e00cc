"""The policy of incidents (`policy.toml`): what each category means, and the deadlines."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from chassis.domain import Frozen, Policies, Policy, Window
from contracts.vocabulary import Category, Route, Skill, Urgency
from jinan.local_time import working_days_after


class CategoryPolicy(Frozen):
    """Exactly one of the two limits for the first answer is set."""

    model_config = ConfigDict(extra="forbid")

    route: Route
    people: int = Field(ge=1, le=20)
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    first_answer_minutes: int | None = None
    first_answer_working_days: int | None = None
    inform_police: bool = False
    """Volunteers answer, and the station is informed at once."""

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.first_answer_minutes is None) == (self.first_answer_working_days is None):
            raise ValueError("set either first_answer_minutes or first_answer_working_days")
        return self

    def first_answer_due(self, since: datetime) -> datetime:
        if self.first_answer_minutes is not None:
            return since + timedelta(minutes=self.first_answer_minutes)
        return working_days_after(since, self.first_answer_working_days or 0)


class WordsPolicy(Frozen):
    """How sure the words must be: probabilities from 0 to 1. `signs`, `model`: the versions that
    these numbers were chosen with."""

    model_config = ConfigDict(extra="forbid")

    signs: str
    model: str
    police_from: float
    """P(police) from which it goes to them at once."""
    sign_from: float
    """The same where a certain sign stands in the text, or a category of the police was picked."""
    urgent_from: float
    """P(police) from which a person looks within the minute."""
    sure_from: float
    confidence_from: float
    """P(the route is right) below which a person looks first."""
    picked_from: float
    """Share of the picked category below which the words are of another one."""
    unclear_from: float


class IncidentsPolicy(Policy):
    """`night_from_hour` and `night_until_hour` are local hours of the day."""

    model_config = ConfigDict(extra="forbid")

    crowd_people: int
    night_from_hour: int
    night_until_hour: int
    night_people: int
    confirm_after_hours: int
    return_within_working_days: int
    default_category: Category
    referral_urgent_within_s: int
    referral_within_s: int
    referral_next_level_after_s: int
    referral_repeat_after_s: int
    decide_urgent_within_s: int
    decide_within_s: int
    police_outcome_within_hours: int
    attended_within_hours: int
    look_again_hours: int
    helpers_read_after_close_hours: int
    committee_within_working_days: int
    question_within_hours: int
    reopenings_before_district: int
    returns_before_district: int
    max_reports_per_ten_minutes: int
    max_reports_per_day: int
    max_dangers_per_ten_minutes: int
    max_dangers_per_day: int
    reports_per_address: tuple[Window, ...]
    photos_per_address: tuple[Window, ...]
    follow_ups_per_address: tuple[Window, ...]
    same_report_within_s: int
    search_days: int
    erasure_look_again_hours: int
    erasure_kept_days: dict[Route, int]
    """How long the words of an ended matter outlive their reporter's account."""
    category: dict[Category, CategoryPolicy]
    words: WordsPolicy | None = None
    """None: a version from before a model read them."""

    @property
    def confirm_after(self) -> timedelta:
        return timedelta(hours=self.confirm_after_hours)

    @property
    def helpers_read_after(self) -> timedelta:
        """How long after its end those who helped still read a report."""
        return timedelta(hours=self.helpers_read_after_close_hours)

    def acknowledge_within(self, urgency: Urgency) -> timedelta:
        """What the holder of a watch has, before all officers of the area are asked."""
        urgent = urgency == "urgent"
        return timedelta(
            seconds=self.referral_urgent_within_s if urgent else self.referral_within_s
        )

    def decide_within(self, urgency: Urgency) -> timedelta:
        """What who acknowledged has, before the report is referred again."""
        urgent = urgency == "urgent"
        return timedelta(seconds=self.decide_urgent_within_s if urgent else self.decide_within_s)


POLICIES = Policies(IncidentsPolicy, Path(__file__).with_name("policy.toml").read_text("utf-8"))


def words_of(policy: IncidentsPolicy) -> WordsPolicy:
    """Reports of a version from before are read again as the oldest one with a model reads."""
    return policy.words or _FIRST_WORDS


_FIRST_WORDS = next(words for p in POLICIES if (words := p.words) is not None)
