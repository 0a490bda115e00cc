"""Where a volunteer stands: applied -> approved | rejected, approved <-> suspended; who was
rejected may apply again.

The grants that follow change in the same step, so nobody is approved without them, or suspended
with them.
"""

from datetime import datetime

from chassis.domain import Decision, Frozen, Refusal
from contracts.vocabulary import Skill, Standing
from services.registration.account import events
from services.registration.account.domain import (
    Account,
    Proposal,
    StandingEntry,
    Volunteer,
    with_volunteer_grant,
)
from services.registration.policy import RegistrationPolicy


class Application(Frozen):
    """`name` and `id_number` are encrypted. `squad`: the one they would like to join."""

    station: str
    area: str
    name: str
    id_number: str
    id_number_key: str
    birth_year: int
    skills: tuple[Skill, ...] = ()
    squad: str | None = None


def apply(account: Account, application: Application, now: datetime) -> Decision[Account]:
    """Raises Refusal if they have applied already and were not rejected."""
    before = account.volunteer
    if before is not None and before.standing != "rejected":
        raise Refusal("wrong_state", state=before.standing)
    entry = StandingEntry(at=now, by=account.id, standing="applied")
    changed = account.with_(
        name=application.name,
        id_number=application.id_number,
        id_number_key=application.id_number_key,
        birth_year=application.birth_year,
        volunteer=Volunteer(
            station=application.station,
            area=application.area,
            standing="applied",
            squad=application.squad,
            skills=application.skills,
            applied_at=now,
            history=(*(before.history if before else ()), entry),
        ),
    )
    return changed, [events.standing_changed(changed)]


def approve(account: Account, by: str, squad: str | None, now: datetime) -> Decision[Account]:
    """Accept an applicant, or a suspended volunteer again. Without `squad` they join the one they
    asked for, or had."""
    volunteer = _require(account, "applied", "suspended")
    joined = volunteer.with_(squad=squad or volunteer.squad)
    return _granted(_with_standing(account, joined, "approved", by, None, now), by)


def reject(account: Account, by: str, reason: str, now: datetime) -> Decision[Account]:
    volunteer = _require(account, "applied")
    changed = _with_standing(account, volunteer, "rejected", by, reason, now)
    return changed, [events.standing_changed(changed)]


def suspend(account: Account, by: str, reason: str, now: datetime) -> Decision[Account]:
    """Takes every volunteer's and leader's grant, whatever it follows from."""
    volunteer = _require(account, "approved")
    changed = _with_standing(account, volunteer, "suspended", by, reason, now)
    left = tuple(grant for grant in changed.grants if grant.role not in ("volunteer", "leader"))
    changed = changed.with_(grants=left)
    return changed, [events.standing_changed(changed), events.grants_changed(changed)]


def update(
    account: Account, skills: tuple[Skill, ...] | None, squad: str | None, by: str
) -> Decision[Account] | None:
    """Other skills, another squad; None if nothing changes.

    Raises Refusal for another squad while they lead one.
    """
    volunteer = _require(account, "applied", "approved", "suspended")
    if squad is not None and squad != volunteer.squad and account.leads():
        raise Refusal("leads_a_squad", "body.squad")
    updated = volunteer.with_(
        skills=volunteer.skills if skills is None else skills, squad=squad or volunteer.squad
    )
    if updated == volunteer:
        return None
    changed = account.with_(volunteer=updated)
    if updated.standing == "approved" and updated.squad != volunteer.squad:
        return _granted(changed, by)
    return changed, [events.standing_changed(changed)]


def propose(account: Account, proposal: Proposal, policy: RegistrationPolicy) -> Decision[Account]:
    """Raises Refusal where the standing does not allow what is proposed."""
    possible_from: dict[str, tuple[Standing, ...]] = {
        "approve": ("applied", "suspended"),
        "suspend": ("approved",),
    }
    volunteer = _require(account, *possible_from[proposal.what])
    proposals = (*volunteer.proposals, proposal)[-policy.max_proposals :]
    return account.with_(volunteer=volunteer.with_(proposals=proposals)), []


def _require(account: Account, *standings: Standing) -> Volunteer:
    volunteer = account.volunteer
    if volunteer is None:
        raise Refusal("not_found")
    if volunteer.standing not in standings:
        raise Refusal("wrong_state", state=volunteer.standing)
    return volunteer


def _with_standing(
    account: Account,
    volunteer: Volunteer,
    standing: Standing,
    by: str,
    reason: str | None,
    now: datetime,
) -> Account:
    entry = StandingEntry(at=now, by=by, standing=standing, reason=reason)
    history = (*volunteer.history, entry)
    return account.with_(volunteer=volunteer.with_(standing=standing, history=history))


def _granted(account: Account, by: str) -> Decision[Account]:
    changed = with_volunteer_grant(account, by)
    return changed, [events.standing_changed(changed), events.grants_changed(changed)]
