"""reporter-contacts: an officer reaches the reporter of an open report."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View, free_text
from chassis.identity.guards import Principal, allow
from contracts import ids
from services.registration.account.api import Personal
from services.registration.reporter_contact.handlers import ReporterContacts

router = APIRouter(prefix="/reporter-contacts", tags=["reporter-contacts"], route_class=PlainRoute)


class ContactRequest(Body):
    """The reporter reads `reason` in their access log."""

    report: str = Field(min_length=1, max_length=64, examples=["rep_8f0c2e51d7a94b3c6e10"])
    reason: Annotated[str, free_text(200)] = Field(examples=["现场找不到，需要问路"])


class ReporterContactView(View):
    account: ids.AccountId
    name: str | None
    phone: str = Field(examples=["+8613800000000"])


@router.post("", summary="Read a reporter's phone", responses=refuses("not_found", "too_many"))
async def read_reporter_contact(
    body: ContactRequest,
    who: Annotated[Principal, allow("report.manage")],
    contacts: Annotated[ReporterContacts, provided(ReporterContacts)],
    personal: Personal,
    _: RequestCause,
) -> ReporterContactView:
    """For officers of the report's area while it is open. The reporter sees who asked and why. Not
    found where it was filed anonymously."""
    account = await contacts.read(who, body.report, body.reason)
    return ReporterContactView(
        account=account.id, name=personal.name_of(account), phone=personal.phone_of(account)
    )
