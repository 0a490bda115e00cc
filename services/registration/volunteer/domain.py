"""Where a volunteer stands: applied -> approved | rejected, approved <-> suspended; who was
rejected may apply again, and so may who went by themselves: applied -> withdrawn, approved -> left.
Each of these frees the ID number; a suspension does not, and nobody leaves one, so nobody who is
suspended joins anew with another phone.

The grants that follow change in the same step, so nobody is approved without them, or suspended
with them.
"""

from datetime import datetime

from chassis.domain import Decision, Frozen, Refusal
from contracts.vocabulary import Skill, Standing
from services.registration.account import events
from services.registration.account.domain import (
    ENDED,
    Account,
    NumberClaim,
    Proposal,
    StandingEntry,
    Volunteer,
    with_volunteer_grant,
)
from services.registration.policy import RegistrationPolicy

SYSTEM = "system"
"""Who ends what nobody decided."""


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
    """Raises Refusal if they have applied already, and that has not ended."""
    before = account.volunteer
    if before is not None and before.standing not in ENDED:
        raise Refusal("wrong_state", state=before.standing)
    if application.id_number_key in account.refused_numbers:
        raise Refusal("id_number_taken", "body.id_number")
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
    asked for, or had.

    Raises Refusal until it is decided whose ID number it is, where somebody else claims it.
    """
    volunteer = _require(account, "applied", "suspended")
    if account.number_claims:
        raise Refusal("id_number_contested")
    joined = volunteer.with_(squad=squad or volunteer.squad)
    return _granted(_with_standing(account, joined, "approved", by, None, now), by, now)


def reject(account: Account, by: str, reason: str, now: datetime) -> Decision[Account]:
    """The ID number is free for whoever it belongs to."""
    volunteer = _require(account, "applied")
    changed = _without_number(_with_standing(account, volunteer, "rejected", by, reason, now))
    return changed, [events.standing_changed(changed)]


def lapse(account: Account, reason: str, now: datetime) -> Decision[Account]:
    """Nobody decided about the application: as a rejection, so that they may apply anew."""
    volunteer = _require(account, "applied")
    changed = _without_number(_with_standing(account, volunteer, "rejected", SYSTEM, reason, now))
    return changed, [events.standing_changed(changed, lapsed=True)]


def suspend(account: Account, by: str, reason: str, now: datetime) -> Decision[Account]:
    """Takes every volunteer's and leader's grant, whatever it follows from."""
    volunteer = _require(account, "approved")
    changed = _with_standing(account, volunteer, "suspended", by, reason, now)
    return _without_roles(account, changed, by, now)


def claim(holder: Account, made: NumberClaim, policy: RegistrationPolicy) -> Decision[Account]:
    """Somebody else applied with the holder's ID number: an officer sees it. The latest claim of
    each account is kept, the latest ones of all."""
    others = (one for one in holder.number_claims if one.account != made.account)
    claims = (*others, made)[-policy.max_number_claims :]
    return holder.with_(number_claims=claims), []


def decide_number(
    account: Account, by: str, reason: str, now: datetime, *, genuine: bool
) -> Decision[Account]:
    """Whether the ID number that others claim is this person's. If not, the application or the
    approval ends, the number is free, and this account does not get it again.

    Raises Refusal where nobody else claims it: a suspended person's number stays theirs.
    """
    volunteer = _require(account, "applied", "approved", "suspended")
    if not account.number_claims:
        raise Refusal("id_number_not_contested")
    if genuine:
        kept = _with_standing(account, volunteer, volunteer.standing, by, reason, now)
        return kept.with_(number_claims=()), []
    refused = _with_standing(account, volunteer, "rejected", by, reason, now)
    key = (account.id_number_key,) if account.id_number_key else ()
    freed = _without_number(refused).with_(refused_numbers=(*account.refused_numbers, *key))
    return _without_roles(account, freed, by, now)


def free_number(account: Account) -> Decision[Account] | None:
    """Rejected before a rejection freed the number. None for everybody else."""
    ended = account.volunteer is None or account.volunteer.standing in ENDED
    return (_without_number(account), []) if ended and account.id_number_key else None


def withdraw(account: Account, now: datetime) -> Decision[Account]:
    """The applicant does not want to join any more. The ID number is free.

    Raises Refusal once the station has decided.
    """
    volunteer = _require(account, "applied")
    changed = _with_standing(account, volunteer, "withdrawn", account.id, None, now)
    changed = _without_number(changed)
    return changed, [events.standing_changed(changed)]


def leave(account: Account, now: datetime) -> Decision[Account]:
    """A volunteer stops: without squad, role and ID number; hours and history stay.

    Raises Refusal for everybody but the approved: nobody leaves a suspension behind.
    """
    volunteer = _require(account, "approved").with_(squad=None)
    changed = _with_standing(account, volunteer, "left", account.id, None, now)
    return _without_roles(account, _without_number(changed), account.id, now)


def leave_squad(account: Account, now: datetime) -> Decision[Account] | None:
    """They stay a volunteer of the station. None for who is in no squad.

    Raises Refusal for the leader: the squad gets another first.
    """
    volunteer = _require(account, "approved")
    if account.leads():
        raise Refusal("leads_a_squad")
    if volunteer.squad is None:
        return None
    changed = account.with_(volunteer=volunteer.with_(squad=None))
    return _granted(changed, account.id, now)


def update(
    account: Account,
    skills: tuple[Skill, ...] | None,
    squad: str | None,
    by: str,
    now: datetime,
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
        return _granted(changed, by, now)
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
    proposals = tuple(_decided(one, now) for one in volunteer.proposals)
    changed = volunteer.with_(standing=standing, history=history, proposals=proposals)
    return account.with_(volunteer=changed)


def _decided(proposal: Proposal, now: datetime) -> Proposal:
    """The station has decided where the person stands."""
    return proposal if proposal.state != "open" else proposal.with_(state="decided", ended_at=now)


def _granted(account: Account, by: str, now: datetime) -> Decision[Account]:
    changed = with_volunteer_grant(account, by)
    facts = events.standing_changed(changed), events.grants_changed(account, changed, by, now)
    return changed, facts


def _without_roles(before: Account, account: Account, by: str, now: datetime) -> Decision[Account]:
    """Without volunteer's and leader's grants, whatever they follow from."""
    left = tuple(grant for grant in account.grants if grant.role not in ("volunteer", "leader"))
    changed = account.with_(grants=left)
    facts = events.standing_changed(changed), events.grants_changed(before, changed, by, now)
    return changed, facts


def _without_number(account: Account) -> Account:
    return account.with_(id_number=None, id_number_key=None, number_claims=())
