"""Where a volunteer stands: applied -> approved | rejected, approved <-> suspended; who was
rejected may apply again.

The grants that follow change in the same step, so nobody is approved without them, or suspended
with them.
"""

from collections.abc import Sequence
from datetime import datetime

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.vocabulary import Skill, Standing
from jinan.areas import street_of
from services.registration.account import events
from services.registration.account.domain import (
    Account,
    HeldGrant,
    Proposal,
    Record,
    StandingEntry,
    Volunteer,
)

MOST_PROPOSALS = 20
Decision = tuple[Account, Sequence[Event]]


class Application(Record):
    """What somebody applies with; `name` and `id_number` are sealed. `squad`: the one they would
    like to join."""

    station: str
    area: str
    name: str
    id_number: str
    id_number_key: str
    birth_year: int
    skills: tuple[Skill, ...] = ()
    squad: str | None = None


def apply(account: Account, application: Application, now: datetime) -> Decision:
    """Refused while an application or a standing is there already."""
    before = account.volunteer
    if before is not None and before.standing != "rejected":
        raise Refusal("wrong_state", state=before.standing)
    entry = StandingEntry(at=now, by=account.id, standing="applied")
    facts = Volunteer(
        station=application.station,
        area=application.area,
        standing="applied",
        squad=application.squad,
        skills=application.skills,
        applied_at=now,
        history=(*(before.history if before else ()), entry),
    )
    changed = account.model_copy(
        update=application.model_dump(include={"name", "id_number", "id_number_key", "birth_year"})
        | {"volunteer": facts}
    )
    return changed, [events.standing_changed(changed)]


def approve(account: Account, by: str, squad: str | None, now: datetime) -> Decision:
    """Take an applicant on, or a suspended volunteer back. Without `squad` they join the one they
    asked for, or had."""
    facts = _facts(account, "applied", "suspended")
    facts = facts.model_copy(update={"squad": squad or facts.squad})
    changed = _stands(account, facts, "approved", by, None, now)
    return _granted(changed, by)


def reject(account: Account, by: str, reason: str, now: datetime) -> Decision:
    changed = _stands(account, _facts(account, "applied"), "rejected", by, reason, now)
    return changed, [events.standing_changed(changed)]


def suspend(account: Account, by: str, reason: str, now: datetime) -> Decision:
    """Takes every volunteer's and leader's grant, whatever it came from."""
    changed = _stands(account, _facts(account, "approved"), "suspended", by, reason, now)
    left = tuple(grant for grant in changed.grants if grant.role not in ("volunteer", "leader"))
    changed = changed.model_copy(update={"grants": left})
    return changed, [events.standing_changed(changed), events.grants_changed(changed)]


def amend(
    account: Account, skills: tuple[Skill, ...] | None, squad: str | None, by: str
) -> Decision | None:
    """Other skills, another squad. Refused for the leader of a squad, who cannot leave it without
    one."""
    facts = _facts(account, "applied", "approved", "suspended")
    if squad is not None and squad != facts.squad and account.leads():
        raise Refusal("leads_a_squad", "body.squad")
    amended = facts.model_copy(
        update={"skills": facts.skills if skills is None else skills, "squad": squad or facts.squad}
    )
    if amended == facts:
        return None
    changed = account.model_copy(update={"volunteer": amended})
    if amended.standing == "approved" and amended.squad != facts.squad:
        return _granted(changed, by)
    return changed, [events.standing_changed(changed)]


def propose(account: Account, proposal: Proposal) -> Decision:
    """What a leader or committee would have the station do; refused where the standing does not
    allow it."""
    facts = _facts(
        account, *(("applied", "suspended") if proposal.what == "approve" else ("approved",))
    )
    proposals = (*facts.proposals, proposal)[-MOST_PROPOSALS:]
    return account.model_copy(
        update={"volunteer": facts.model_copy(update={"proposals": proposals})}
    ), []


def lead(account: Account, squad: str, station: str) -> Decision | None:
    """Make them the leader of a squad of their station, and one of its members. Nothing if they
    are.

    Refused where they are not approved there, or lead another one.
    """
    facts = account.volunteer
    if facts is None or facts.standing != "approved" or facts.station != station:
        raise Refusal("not_approved", "body.account")
    if account.leads(squad):
        return None
    if account.leads():
        raise Refusal("leads_a_squad", "body.account")
    grant = HeldGrant(
        role="leader", area=street_of(facts.area), squad=squad, source="squad", given_by=squad
    )
    moved = account.model_copy(
        update={
            "volunteer": facts.model_copy(update={"squad": squad}),
            "grants": (*account.grants, grant),
        }
    )
    return _granted(moved, squad)


def step_down(account: Account, squad: str) -> Decision | None:
    """The squad has another leader; they stay one of its members."""
    if not account.leads(squad):
        return None
    left = tuple(
        grant
        for grant in account.grants
        if (grant.role, grant.source, grant.squad) != ("leader", "squad", squad)
    )
    changed = account.model_copy(update={"grants": left})
    return changed, [events.grants_changed(changed)]


def _facts(account: Account, *standings: Standing) -> Volunteer:
    facts = account.volunteer
    if facts is None:
        raise Refusal("not_found")
    if facts.standing not in standings:
        raise Refusal("wrong_state", state=facts.standing)
    return facts


def _stands(
    account: Account,
    facts: Volunteer,
    standing: Standing,
    by: str,
    reason: str | None,
    now: datetime,
) -> Account:
    entry = StandingEntry(at=now, by=by, standing=standing, reason=reason)
    facts = facts.model_copy(update={"standing": standing, "history": (*facts.history, entry)})
    return account.model_copy(update={"volunteer": facts})


def _granted(account: Account, by: str) -> Decision:
    """With the one volunteer's grant that follows from approval: the street they live in, and their
    squad."""
    facts = _facts(account, "approved")
    grant = HeldGrant(
        role="volunteer",
        area=street_of(facts.area),
        squad=facts.squad,
        source="approval",
        given_by=by,
    )
    kept = tuple(held for held in account.grants if held.source != "approval")
    changed = account.model_copy(update={"grants": (*kept, grant)})
    return changed, [events.standing_changed(changed), events.grants_changed(changed)]
