"""divisions: the city's districts, streets and communities."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, page_of
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import View
from chassis.identity.guards import Principal, anyone
from contracts import ids
from jinan.divisions import DivisionKind
from services.registration.division.store import Divisions

router = APIRouter(prefix="/divisions", tags=["divisions"], route_class=PlainRoute)


class DivisionView(View):
    code: ids.AreaCode
    name: str = Field(examples=["段店北路街道"])
    kind: DivisionKind


class DivisionPage(Page[DivisionView]):
    """By code."""


@router.get("")
async def list_divisions(
    _: Annotated[Principal | None, anyone("official names of places")],
    divisions: Annotated[Divisions, provided(Divisions)],
    parent: Annotated[str, Query(pattern=r"^3701(\d{2}(\d{3})?)?$")] = "3701",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DivisionPage:
    """What lies directly in `parent`: the city 3701, a district (6 digits) or a street (9
    digits)."""
    read = await divisions.children(parent, cursor or "", limit + 1)
    page, following = page_of(read, limit, lambda division: division.code)
    items = [DivisionView(code=d.code, name=d.name, kind=d.kind) for d in page]
    return DivisionPage(items=items, next=following)
