"""What becomes of applications, proposals and claims that nobody decides about: nothing waits for
ever."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from chassis.domain import Decision
from contracts.envelope import Event
from jinan.areas import district_of, street_of
from jinan.local_time import working_days_after
from services.registration.account.domain import Account, Proposal, Volunteer
from services.registration.application import events
from services.registration.policy import RegistrationPolicy
from services.registration.volunteer import domain as volunteers


def is_due(account: Account, policy: RegistrationPolicy, now: datetime) -> bool:
    """Whether there is anything for `on_due`, however the reason reads and whoever is on watch."""
    return on_due(account, {}, "", policy, now) is not None


def overdue_level(volunteer: Volunteer, policy: RegistrationPolicy, now: datetime) -> str | None:
    """The area whose officers are to be told now that nobody has decided; None: none, or told."""
    if volunteer.standing != "applied":
        return None
    levels = (
        (district_of(volunteer.area), policy.application_district_working_days),
        (street_of(volunteer.area), policy.application_working_days),
    )
    for level, days in levels:
        if now >= working_days_after(volunteer.applied_at, days):
            return None if level in volunteer.told else level
    return None


def on_due(
    account: Account,
    on_watch: Mapping[str, str],
    reason: str,
    policy: RegistrationPolicy,
    now: datetime,
) -> Decision[Account] | None:
    """Everything that is due, in one step; None where nothing is. `on_watch`: who holds the watch
    of an area, of those that have somebody; `reason`, encrypted: what the applicant reads."""
    volunteer = account.volunteer
    if volunteer is None:
        return None
    changed, facts = _without_old(account, volunteer, policy, now)
    waits = volunteer.standing == "applied"
    if waits and now >= volunteer.applied_at + timedelta(days=policy.application_lapse_days):
        changed, said = volunteers.lapse(changed, reason, now)
        return changed, [*facts, *said]
    level = overdue_level(volunteer, policy, now)
    if level is not None and changed.volunteer is not None:
        told = changed.volunteer.with_(told=(*volunteer.told, level))
        changed = changed.with_(volunteer=told)
        facts.append(events.overdue(account.id, told, level, on_watch.get(level)))
    return None if changed == account else (changed, facts)


def _without_old(
    account: Account, volunteer: Volunteer, policy: RegistrationPolicy, now: datetime
) -> tuple[Account, list[Event]]:
    """Proposals of which nobody decided lapse, and claims of an ID number that nobody looked
    into."""
    proposed_after = now - timedelta(days=policy.proposal_days)
    claimed_after = now - timedelta(days=policy.number_claim_days)
    old = [p for p in volunteer.proposals if p.state == "open" and p.at <= proposed_after]
    claims = tuple(claim for claim in account.number_claims if claim.at > claimed_after)
    proposals = tuple(_lapsed(p, now) if p in old else p for p in volunteer.proposals)
    changed = account.with_(number_claims=claims, volunteer=volunteer.with_(proposals=proposals))
    return changed, [events.proposal_lapsed(account.id, one) for one in old]


def _lapsed(proposal: Proposal, now: datetime) -> Proposal:
    return proposal.with_(state="lapsed", ended_at=now)
