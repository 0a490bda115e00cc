"""dev: the local SMS desk, for developers, tests and the demonstration."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel

from chassis.http.dependencies import provided
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, anyone
from services.registration.sms.handlers import DeveloperDesk
from services.registration.sms.local import KeptMessage

router = APIRouter(prefix="/dev", tags=["dev"], route_class=PlainRoute)
Anyone = Annotated[
    Principal | None, anyone("needs the developer's key; 404 where messages really go out")
]


class Messages(BaseModel):
    messages: list[KeptMessage]


@router.get("/messages")
async def messages(
    _: Anyone,
    desk: Annotated[DeveloperDesk, provided(DeveloperDesk)],
    phone: Annotated[str, Query(max_length=24)],
    x_dev_key: Annotated[str, Header(max_length=200)] = "",
) -> Messages:
    """The last messages to a phone, newest first. Only where SMS=local, with the header
    X-Dev-Key."""
    return Messages(messages=await desk.messages(phone, x_dev_key))
