"""Hours that an officer decides on: work that began with an arrival, and of which nothing tells the
end, that is too long to be believed unseen, or whose place the phone did not show."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import computed_field
from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Decision, Refusal, derived_id
from contracts.events.dispatch import HoursChecked, VolunteerFinished
from jinan.areas import containing
from services.dispatch.hours_check import events
from services.dispatch.policy import DispatchPolicy

CheckState = TypeAliasType("CheckState", Literal["waiting", "accepted", "refused"])
AcceptReason = TypeAliasType(
    "AcceptReason",
    Literal["confirmed_by_leader", "confirmed_by_others", "shown_by_records", "left_earlier"],
)
RefuseReason = TypeAliasType("RefuseReason", Literal["not_there", "not_shown"])


class HoursCheck(Aggregate):
    """From the arrival until the limit where the end is not known, else until it ended. Area and
    station are those of the matter: there somebody can know who was on scene."""

    volunteer: str
    callout: str
    report: str
    area: str
    station: str | None
    since: datetime
    until: datetime
    state: CheckState = "waiting"
    minutes: int | None = None
    reason: AcceptReason | RefuseReason | None = None
    checked_by: str | None = None
    checked_at: datetime | None = None

    @computed_field
    @property
    def within(self) -> tuple[str, ...]:
        """All areas that it lies in, for queries."""
        return containing(self.area)

    @property
    def most(self) -> int:
        """Whole minutes that can be accepted."""
        return int((self.until - self.since) / timedelta(minutes=1))


def needs_check(event: VolunteerFinished, policy: DispatchPolicy) -> bool:
    """Whether it is credited only after an officer has decided."""
    too_long = event.until - event.since > policy.unchecked_work
    return event.capped or not event.place_shown or too_long


def waiting(event: VolunteerFinished) -> HoursCheck:
    return HoursCheck(
        id=derived_id("chk", event.callout, event.volunteer),
        volunteer=event.volunteer,
        callout=event.callout,
        report=event.report,
        area=event.area,
        station=event.station,
        since=event.since,
        until=event.until,
    )


def accept(
    check: HoursCheck, minutes: int, reason: AcceptReason, by: str, now: datetime
) -> Decision[HoursCheck]:
    """`minutes` from the arrival on are credited."""
    _require_waiting(check, by)
    if minutes > check.most:
        raise Refusal("too_many_minutes", "body.minutes", most=check.most)
    after = check.with_(
        state="accepted", minutes=minutes, reason=reason, checked_by=by, checked_at=now
    )
    return after, [_checked(after, minutes, by)]


def refuse(check: HoursCheck, reason: RefuseReason, by: str, now: datetime) -> Decision[HoursCheck]:
    _require_waiting(check, by)
    after = check.with_(state="refused", minutes=0, reason=reason, checked_by=by, checked_at=now)
    return after, [_checked(after, 0, by)]


def _checked(check: HoursCheck, minutes: int, by: str) -> HoursChecked:
    return events.checked(check.id, check.volunteer, check.callout, check.since, minutes, by)


def _require_waiting(check: HoursCheck, by: str) -> None:
    if by == check.volunteer:
        raise Refusal("own_hours")
    if check.state != "waiting":
        raise Refusal("wrong_state", state=check.state)
