"""What registration publishes about what nobody decided."""

from contracts.events import registration as contract
from services.registration.account.domain import Proposal, Volunteer


def overdue(
    account: str, volunteer: Volunteer, level: str, on_watch: str | None
) -> contract.ApplicationOverdue:
    return contract.ApplicationOverdue(
        volunteer=account,
        area=volunteer.area,
        level=level,
        to=() if on_watch is None else (on_watch,),
        applied_at=volunteer.applied_at,
    )


def proposal_lapsed(account: str, proposal: Proposal) -> contract.VolunteerProposalLapsed:
    return contract.VolunteerProposalLapsed(
        volunteer=account, proposal=proposal.id, what=proposal.what, by=proposal.by
    )
