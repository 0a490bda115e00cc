"""divisions: the city's districts, streets and communities."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chassis.http.dependencies import provided
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, anyone
from services.registration.division.store import Divisions, Kind

router = APIRouter(prefix="/divisions", tags=["divisions"], route_class=PlainRoute)
Anyone = Annotated[Principal | None, anyone("official names of places")]


class DivisionView(BaseModel):
    code: str
    name: str
    kind: Kind


@router.get("")
async def children(
    _: Anyone,
    divisions: Annotated[Divisions, provided(Divisions)],
    parent: Annotated[str, Query(pattern=r"^3701(\d{2}(\d{3})?)?$")] = "3701",
) -> list[DivisionView]:
    """What lies directly in `parent`: the city 3701, a district (6 digits) or a street (9
    digits)."""
    return [
        DivisionView(code=d.code, name=d.name, kind=d.kind)
        for d in await divisions.children(parent)
    ]
