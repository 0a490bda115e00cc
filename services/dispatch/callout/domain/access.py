"""Who may see and command a call-out."""

from contracts.access import Principal
from jinan.areas import covers
from services.dispatch.callout.domain.state import Callout


def commands(who: Principal, callout: Callout) -> bool:
    """Officers of the area see all of it and may call anybody."""
    return who.may("callout.command", callout.area, "officer")


def leads(who: Principal, callout: Callout) -> bool:
    """A leader with a squad member among those called; or, once it is escalated, one who was
    alerted or whose area it lies in."""
    squads = who.squads_led
    if any(candidate.squad in squads for candidate in callout.candidates):
        return True
    in_area = any(g.role == "leader" and covers(g.area, callout.area) for g in who.grants)
    alerted = callout.escalated_to is not None and (who.subject in callout.leaders or in_area)
    return bool(squads) and alerted


def may_see(who: Principal, callout: Callout) -> bool:
    called = callout.candidate(who.subject) is not None
    return called or commands(who, callout) or leads(who, callout)
