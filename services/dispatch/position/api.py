"""Positions of volunteers on duty, in batches."""

from collections.abc import Sequence
from typing import Annotated, cast

from fastapi import APIRouter
from pydantic import Field, WrapValidator

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute, hot
from chassis.http.schemas import Body, LocalizedText, UtcDatetime, View
from chassis.identity.guards import Principal, allow
from chassis.inputs.field_errors import field_problems
from services.dispatch.position.domain import MAX_BATCH, Malformed, TimedLocation, readable
from services.dispatch.position.handlers import BatchStatus, PositionHandlers

router = APIRouter(prefix="/positions", tags=["positions"], route_class=PlainRoute)


class PositionBatch(Body):
    """What a phone gathered since it last sent; the order does not matter. `sent_at`: what its
    clock says while it sends this, so that fixes of a clock that is off can be corrected."""

    positions: Annotated[
        list[TimedLocation],
        Field(min_length=1, max_length=MAX_BATCH),
        WrapValidator(readable),
    ]
    sent_at: UtcDatetime | None = None


class MalformedView(View):
    """A fix of the batch that could not be read: `field` as in `body.positions.3.latitude`."""

    field: str
    problem: LocalizedText


class PositionBatchView(View):
    """What became of the batch. `accepted` were fresh and in Jinan; the newest of them is kept. If
    none was, the newest of all is, as a place to be assumed. `malformed` could not be read, and
    `malformed_because` says why. `clock_off_s`: the phone's clock is so many seconds ahead of ours
    (less than 0: behind), which is too much: its owner should set it. Null where it is right."""

    status: BatchStatus
    accepted: int
    stale: int
    outside: int
    off_duty: int
    malformed: int
    malformed_because: list[MalformedView]
    clock_off_s: int | None


@router.post("", status_code=202, summary="Send positions")
@hot  # benchmark row 3
async def send_positions(
    body: PositionBatch,
    who: Annotated[Principal, allow("duty.serve")],
    handlers: Annotated[PositionHandlers, provided(PositionHandlers)],
    _: RequestCause,
) -> PositionBatchView:
    """A repeat of a batch keeps the same position."""
    batch = cast(Sequence[TimedLocation | Malformed], body.positions)  # by its validator
    fixes = [one for one in batch if isinstance(one, TimedLocation)]
    malformed = [one for one in batch if isinstance(one, Malformed)]
    sifted, status = await handlers.take(who.subject, fixes, body.sent_at)
    kept = status == "kept"
    return PositionBatchView(
        status=status,
        accepted=sifted.accepted if kept else 0,
        stale=sifted.stale,
        outside=sifted.outside,
        off_duty=0 if kept else sifted.accepted,
        malformed=len(malformed),
        malformed_because=[view for one in malformed for view in _why(one)],
        clock_off_s=sifted.clock_off_s,
    )


def _why(malformed: Malformed) -> list[MalformedView]:
    place = ("body", "positions", malformed.number)
    errors = [{**error, "loc": (*place, *error["loc"][1:])} for error in malformed.errors]
    return [
        MalformedView(
            field=one["field"],
            problem=LocalizedText(zh=one["problem"], en=one["problem_en"]),
        )
        for one in field_problems(errors)
    ]
