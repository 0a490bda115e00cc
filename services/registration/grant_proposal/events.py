"""What registration publishes about proposals of strong roles."""

from contracts.events import registration as contract
from contracts.vocabulary import Role


def confirmed(
    proposal: str, account: str, by: str, confirmed_by: str
) -> contract.GrantProposalConfirmed:
    return contract.GrantProposalConfirmed(
        proposal=proposal, account=account, by=by, confirmed_by=confirmed_by
    )


def lapsed(proposal: str, account: str, by: str, role: Role) -> contract.GrantProposalLapsed:
    return contract.GrantProposalLapsed(proposal=proposal, account=account, by=by, role=role)
