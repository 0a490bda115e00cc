"""volunteers: withdraw one's application, leave a squad, stop being a volunteer."""

from typing import Annotated

from fastapi import APIRouter

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.identity.guards import Principal, allow
from services.registration.account.api import Personal
from services.registration.leaving.handlers import LeavingHandlers
from services.registration.volunteer.views import VolunteerView

router = APIRouter(prefix="/volunteers/me", tags=["volunteers"], route_class=PlainRoute)
Me = Annotated[Principal, allow("own")]
Leaving = Annotated[LeavingHandlers, provided(LeavingHandlers)]


@router.post("/withdraw", responses=refuses("not_found", "wrong_state"))
async def withdraw_application(
    who: Me, leaving: Leaving, personal: Personal, cause: RequestCause
) -> VolunteerView:
    """Before the station has decided. One may apply again."""
    return VolunteerView.of(await leaving.withdraw(who, cause), personal)


@router.post("/leave", responses=refuses("not_found", "wrong_state"))
async def leave_volunteers(
    who: Me, leaving: Leaving, personal: Personal, cause: RequestCause
) -> VolunteerView:
    """Duty and what was accepted end at once; hours stay. One may apply again; not who is
    suspended."""
    return VolunteerView.of(await leaving.leave(who, cause), personal)


@router.post("/leave-squad", responses=refuses("not_found", "wrong_state", "leads_a_squad"))
async def leave_squad(
    who: Me, leaving: Leaving, personal: Personal, cause: RequestCause
) -> VolunteerView:
    """One stays a volunteer of the station. Not its leader: the station appoints another first."""
    return VolunteerView.of(await leaving.leave_squad(who, cause), personal)
