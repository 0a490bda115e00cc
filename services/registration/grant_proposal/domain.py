"""A strong role is given by two people: one proposes it, another confirms it, and the second is
neither the first nor who gets it."""

from datetime import datetime
from typing import Literal

from pydantic import computed_field
from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Decision, Refusal
from contracts.access import Principal
from contracts.vocabulary import Role
from jinan.areas import CITY, containing
from services.registration.account.domain import HeldGrant
from services.registration.grant_proposal import events

ProposalState = TypeAliasType(
    "ProposalState", Literal["proposed", "confirmed", "declined", "lapsed"]
)


class GrantProposal(Aggregate):
    """`why`: the id under which the reason is kept."""

    account: str
    role: Role
    area: str
    until: datetime | None = None
    by: str
    why: str
    at: datetime
    expires_at: datetime
    state: ProposalState = "proposed"
    decided_by: str | None = None
    decided_at: datetime | None = None
    given_at: datetime | None = None
    """Once: who lost the role since does not get it back because the event is read again."""

    @computed_field
    @property
    def within(self) -> tuple[str, ...]:
        """The areas that contain it: the key of lists."""
        return containing(self.area)

    def state_at(self, now: datetime) -> ProposalState:
        lapsed = self.state == "proposed" and now >= self.expires_at
        return "lapsed" if lapsed else self.state

    def grant(self, confirmed_by: str | None) -> HeldGrant:
        return HeldGrant(
            role=self.role,
            area=self.area,
            source="hand",
            given_by=self.by,
            confirmed_by=confirmed_by,
            why=self.why,
            until=self.until,
        )


def may_decide(who: Principal, area: str) -> bool:
    """The city desk of the area; and the officers of the whole city, since there always is one:
    so a lone city desk still has a second person."""
    return who.may("grant.give", area, "city_desk") or who.may("grant.give", CITY, "officer")


def confirm(proposal: GrantProposal, by: str, now: datetime) -> Decision[GrantProposal] | None:
    """None where they confirmed it before.

    Raises Refusal for who proposed it or gets the role, and where it is over.
    """
    if by in (proposal.by, proposal.account):
        raise Refusal("not_second_person")
    if (proposal.state, proposal.decided_by) == ("confirmed", by):
        return None
    _require_open(proposal, now)
    after = proposal.with_(state="confirmed", decided_by=by, decided_at=now)
    return after, [events.confirmed(after.id, after.account, after.by, by)]


def decline(proposal: GrantProposal, by: str, now: datetime) -> Decision[GrantProposal] | None:
    """By whoever may confirm it, or who proposed it. None where it is declined already."""
    if proposal.state == "declined":
        return None
    _require_open(proposal, now)
    return proposal.with_(state="declined", decided_by=by, decided_at=now), []


def lapse(proposal: GrantProposal, now: datetime) -> Decision[GrantProposal] | None:
    """None before its time, and where it is decided or said to have lapsed already."""
    if proposal.state != "proposed" or now < proposal.expires_at:
        return None
    after = proposal.with_(state="lapsed", decided_at=proposal.expires_at)
    return after, [events.lapsed(after.id, after.account, after.by, after.role)]


def given(proposal: GrantProposal, now: datetime) -> Decision[GrantProposal] | None:
    return None if proposal.given_at else (proposal.with_(given_at=now), [])


def _require_open(proposal: GrantProposal, now: datetime) -> None:
    state = proposal.state_at(now)
    if state != "proposed":
        raise Refusal("wrong_state", state=state)
