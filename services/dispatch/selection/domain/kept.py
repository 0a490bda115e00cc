"""What is kept of a search: why each was called or not, and no position of anybody. Who was only
looked at must not be found again from how far they were from several places."""

from services.dispatch.policy import DispatchPolicy
from services.dispatch.selection.domain.situation import Found, Person, Tally, Verdict


def coarse(found: Found, policy: DispatchPolicy) -> Found:
    """Distances as the outer edge of a ring, no times of positions; minutes on foot for those alone
    who were called. The same for what is coarse already."""
    chosen = set(found.selection.chosen)
    people = tuple(_coarse(person, policy) for person in found.situation.people)
    verdicts = tuple(_without_score(v, v.volunteer in chosen) for v in found.selection.verdicts)
    return found.with_(
        situation=found.situation.with_(people=people),
        selection=found.selection.with_(verdicts=verdicts),
    )


def _coarse(person: Person, policy: DispatchPolicy) -> Person:
    rings = (ring for ring in policy.rings_m if person.distance_m <= ring)
    return person.with_(
        distance_m=next(rings, policy.rings_m[-1]),
        seen_at=None,
        served_until=None,
        last_called_at=None,
        called_this_week=0,
        tally=Tally(),
    )


def _without_score(verdict: Verdict, is_called: bool) -> Verdict:
    return verdict if is_called else verdict.with_(score=None, probability=None)
