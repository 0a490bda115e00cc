"""Positions of volunteers on duty, in batches."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute, hot
from chassis.http.schemas import Body, View
from chassis.identity.guards import Principal, allow
from services.dispatch.position.domain import TimedLocation
from services.dispatch.position.handlers import BatchStatus, PositionHandlers

router = APIRouter(prefix="/positions", tags=["positions"], route_class=PlainRoute)


class PositionBatch(Body):
    """What a phone gathered since it last sent; the order does not matter."""

    positions: Annotated[list[TimedLocation], Field(min_length=1, max_length=50)]


class PositionBatchView(View):
    """What became of the batch. `accepted` were fresh and in Jinan; the newest of them is kept."""

    status: BatchStatus
    accepted: int
    stale: int
    outside: int
    off_duty: int


@router.post("", status_code=202, summary="Send positions")
@hot  # benchmark row 3
async def send_positions(
    body: PositionBatch,
    who: Annotated[Principal, allow("duty.serve")],
    handlers: Annotated[PositionHandlers, provided(PositionHandlers)],
    _: RequestCause,
) -> PositionBatchView:
    """A repeat of a batch keeps the same position."""
    sifted, status = await handlers.take(who.subject, body.positions)
    kept = status == "kept"
    return PositionBatchView(
        status=status,
        accepted=sifted.fresh if kept else 0,
        stale=sifted.stale,
        outside=sifted.outside,
        off_duty=0 if kept else sifted.fresh,
    )
