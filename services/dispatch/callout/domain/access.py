"""Who may see and command a call-out."""

from contracts.access import Principal
from jinan.areas import covers
from services.dispatch.callout.domain.state import Callout


def commands(who: Principal, callout: Callout) -> bool:
    """An officer of the area sees all of it, and calls whom they like."""
    return who.may("callout.command", callout.area, "officer")


def leads(who: Principal, callout: Callout) -> bool:
    """A leader whose squad has somebody called; or, once it is escalated, who was told or whose
    area it lies in."""
    squads = who.squads_led
    if any(candidate.squad in squads for candidate in callout.candidates):
        return True
    in_area = any(g.role == "leader" and covers(g.area, callout.area) for g in who.grants)
    told = callout.escalated_to is not None and (who.subject in callout.leaders or in_area)
    return bool(squads) and told


def may_see(who: Principal, callout: Callout) -> bool:
    called = callout.candidate(who.subject) is not None
    return called or commands(who, callout) or leads(who, callout)
