"""watches: who answers for an area now."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, page_of
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View, id_path
from chassis.identity.guards import Principal, allow
from contracts import ids
from jinan.areas import AREA_PATTERN
from services.registration.watch.domain import Watch, WatchState
from services.registration.watch.handlers import WatchHandlers

router = APIRouter(prefix="/watches", tags=["watches"], route_class=PlainRoute)
Officer = Annotated[Principal, allow("watch.hold")]
Watches = Annotated[WatchHandlers, provided(WatchHandlers)]
WatchId = Annotated[str, id_path("wat", "wat_370104009")]


class TakeWatch(Body):
    area: str = Field(
        pattern=AREA_PATTERN,
        examples=["370104009"],
        description="A street (9 digits), a district (6) or the city (4)",
    )


class OfferWatch(Body):
    to: str = Field(
        pattern=r"^acc_[0-9a-f]{20}$",
        examples=["acc_5f1e0c9a7b3d2e4f6a8c"],
        description="The account of another officer of the area",
    )


class WatchView(View):
    id: ids.WatchId
    area: ids.AreaCode
    state: WatchState
    by: ids.AccountId | None = Field(description="The account that holds it")
    until: datetime | None = Field(description="When it lapses, or did")
    to: ids.AccountId | None = Field(description="The account that it is offered to")

    @classmethod
    def of(cls, watch: Watch, now: datetime) -> Self:
        current = watch.at(now)
        return cls.model_validate(current.model_dump() | {"state": current.state})


class WatchPage(Page[WatchView]):
    """By id."""


@router.get("", summary="Watches of one's area")
async def list_watches(
    who: Officer,
    watches: Watches,
    clock: Now,
    area: Annotated[str | None, Query(pattern=AREA_PATTERN)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> WatchPage:
    """Those that somebody has taken before, within `area` or all of one's own."""
    read = await watches.page(who, area, cursor or "", limit)
    page, following = page_of(read, limit, lambda watch: watch.id)
    now = clock.now()
    return WatchPage(items=[WatchView.of(watch, now) for watch in page], next=following)


@router.get("/{id}", summary="Who holds a watch")
async def get_watch(id: WatchId, who: Officer, watches: Watches, clock: Now) -> WatchView:
    """`free` if nobody has taken it yet."""
    return WatchView.of(await watches.get(who, id), clock.now())


@router.post(
    "", status_code=201, summary="Take a watch", responses=refuses("watch_area", "watch_held")
)
async def take_watch(
    body: TakeWatch, who: Officer, watches: Watches, clock: Now, cause: RequestCause
) -> WatchView:
    """One that is free or has lapsed. Taking what one holds already changes nothing."""
    return WatchView.of(await watches.take(who, body.area, cause), clock.now())


@router.post(
    "/{id}/offer",
    summary="Offer a watch to another officer",
    responses=refuses("watch_not_yours", "watch_to_nobody"),
)
async def offer_watch(
    id: WatchId, body: OfferWatch, who: Officer, watches: Watches, clock: Now, cause: RequestCause
) -> WatchView:
    """One keeps it until they accept. Another offer takes the place of the one before."""
    return WatchView.of(await watches.offer(who, id, body.to, cause), clock.now())


@router.post(
    "/{id}/release", summary="Give a watch back", responses=refuses("watch_not_yours", "not_found")
)
async def release_watch(
    id: WatchId, who: Officer, watches: Watches, clock: Now, cause: RequestCause
) -> WatchView:
    """Before its end: nobody holds it then, and an offer of it ends."""
    return WatchView.of(await watches.release(who, id, cause), clock.now())


@router.post("/{id}/accept", summary="Accept a watch", responses=refuses("watch_not_offered"))
async def accept_watch(
    id: WatchId, who: Officer, watches: Watches, clock: Now, cause: RequestCause
) -> WatchView:
    return WatchView.of(await watches.accept(who, id, cause), clock.now())
