"""Positions of volunteers on duty, in batches."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute, hot
from chassis.identity.guards import Principal, allow
from services.dispatch.location import TimedLocation
from services.dispatch.position.handlers import PositionHandlers

router = APIRouter(prefix="/positions", tags=["positions"], route_class=PlainRoute)


class PositionBatch(BaseModel):
    """What a phone gathered since it last sent; the order does not matter."""

    model_config = ConfigDict(extra="forbid")

    positions: Annotated[list[TimedLocation], Field(min_length=1, max_length=50)]


class BatchView(BaseModel):
    """What became of the batch. `accepted` were fresh and in Jinan; the newest of them is kept."""

    status: Literal["kept", "off_duty"]
    accepted: int
    stale: int
    outside: int
    off_duty: int


@router.post("", status_code=202, summary="Send positions")
@hot  # benchmark row 3
async def send(
    body: PositionBatch,
    who: Annotated[Principal, allow("duty.serve")],
    positions: Annotated[PositionHandlers, provided(PositionHandlers)],
    _: RequestCause,
) -> BatchView:
    """A repeat of a batch keeps the same position."""
    sifted, fate = await positions.take(who.subject, body.positions)
    kept = fate == "kept"
    return BatchView(
        status=fate,
        accepted=sifted.fresh if kept else 0,
        stale=sifted.stale,
        outside=sifted.outside,
        off_duty=0 if kept else sifted.fresh,
    )
