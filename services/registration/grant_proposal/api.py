"""grant-proposals: the roles that two people give."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    from_cursor,
    page_of,
    to_cursor,
)
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, UtcDatetime, View, free_text, id_path
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.access import Grant
from contracts.vocabulary import Role
from services.registration.grant.domain import GrantArea
from services.registration.grant_proposal.domain import GrantProposal, ProposalState
from services.registration.grant_proposal.handlers import GrantProposalHandlers

router = APIRouter(prefix="/grant-proposals", tags=["grant-proposals"], route_class=PlainRoute)
Giver = Annotated[Principal, allow("grant.give")]
Proposals = Annotated[GrantProposalHandlers, provided(GrantProposalHandlers)]
Id = Annotated[str, id_path("gpr")]


class ProposeGrant(Body):
    """`role`: officer, city_desk or operator."""

    account: str = Field(pattern=r"^acc_[0-9a-f]{20}$", examples=["acc_5f1e0c9a7b3d2e4f6a8c"])
    role: Role = Field(examples=["officer"])
    area: GrantArea = Field(examples=["370104009"])
    until: UtcDatetime | None = None
    reason: Annotated[str, free_text(500), Field(examples=["接替已退休的值班民警"])]


class GrantProposalView(View):
    """`lapsed`: nobody confirmed it by `expires_at`."""

    id: ids.GrantProposalId
    state: ProposalState
    account: ids.AccountId
    role: Role
    area: ids.AreaCode
    until: datetime | None
    by: ids.AccountId
    at: datetime
    expires_at: datetime
    reason: str | None
    decided_by: ids.AccountId | None
    decided_at: datetime | None
    given_at: datetime | None

    @classmethod
    def of(cls, proposal: GrantProposal, reason: str | None, now: datetime) -> Self:
        shared = set(cls.model_fields) - {"state", "reason"}
        return cls(
            **proposal.model_dump(include=shared), state=proposal.state_at(now), reason=reason
        )


class GrantProposalPage(Page[GrantProposalView]):
    """The latest first."""


@router.post(
    "",
    status_code=201,
    responses=refuses("one_person_gives", "until_past", "too_many_grants", "grant_follows"),
)
async def propose_grant(
    body: ProposeGrant, who: Giver, proposals: Proposals, cause: RequestCause
) -> GrantProposalView:
    """By the city desk. Nothing is given until another person confirms it."""
    grant = Grant(role=body.role, area=body.area, until=body.until)
    proposal = await proposals.propose(who, body.account, grant, body.reason, cause)
    return GrantProposalView.of(proposal, body.reason, proposals.now())


@router.get("", responses=refuses("not_allowed"))
async def list_grant_proposals(
    who: Giver, proposals: Proposals, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> GrantProposalPage:
    """For the city desk and the officers of the whole city, who confirm them."""
    found, reasons = await proposals.page(who, from_cursor(cursor), limit)
    page, following = page_of(found, limit, lambda one: to_cursor(one.at, one.id))
    now = proposals.now()
    items = [GrantProposalView.of(one, reasons.get(one.why), now) for one in page]
    return GrantProposalPage(items=items, next=following)


@router.post(
    "/{id}/confirm",
    responses=refuses("wrong_state", "not_second_person", "proposer_lost_role", "too_many_grants"),
)
async def confirm_grant(
    id: Id, who: Giver, proposals: Proposals, cause: RequestCause
) -> GrantProposalView:
    """By the city desk or an officer of the whole city, neither who proposed it nor who gets the
    role. It is given at once."""
    proposal = await proposals.confirm(who, id, cause)
    return GrantProposalView.of(proposal, await proposals.reason(proposal), proposals.now())


@router.post("/{id}/decline", responses=refuses("wrong_state"))
async def decline_grant(
    id: Id, who: Giver, proposals: Proposals, cause: RequestCause
) -> GrantProposalView:
    """By who may confirm it, or who proposed it."""
    proposal = await proposals.decline(who, id, cause)
    return GrantProposalView.of(proposal, await proposals.reason(proposal), proposals.now())
