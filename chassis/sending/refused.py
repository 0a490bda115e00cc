"""Events that the broker will never take. Their aggregates are parked: later events of the same
aggregate wait behind them, all others flow. `ops.parked` lists and frees them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from chassis.errors import is_refused
from chassis.sending.partitions import Partitions, Sent
from chassis.telemetry.metrics import RELAY_REFUSED_EVENTS

log = structlog.get_logger()
FIELD = "refused"
"""Of the aggregate's document, beside its outbox: which event, and why."""


async def note_failures(
    failed: Sequence[tuple[Sent, BaseException]], partitions: Partitions, *, alone: bool
) -> None:
    """What came back of one partition's events. One that was refused `alone` is at fault itself;
    else all of its batch were refused, and the partition gets them one by one."""
    refused = [(sent, error) for sent, error in failed if is_refused(error)]
    partitions.failed(failed[0][0].partition, refused=bool(refused))
    if alone:
        for sent, error in refused:
            await _park(sent, error)


async def _park(sent: Sent, error: BaseException) -> None:
    (outbox, id), entry = sent.aggregate, sent.entry
    why = {
        "seq": entry["seq"],
        "type": entry["type"],
        "topic": entry["topic"],
        "bytes": len(entry["body"].encode()),
        "error": type(error).__name__,
        "at": datetime.now(UTC),
    }
    await outbox.collection.update_one(
        {"_id": id, "outbox.seq": entry["seq"]}, {"$set": {FIELD: why}}
    )
    RELAY_REFUSED_EVENTS.labels(entry["topic"]).inc()
    log.error(
        "event refused, aggregate parked",
        collection=outbox.name,
        aggregate=id,
        seq=entry["seq"],
        type=entry["type"],
        error=why["error"],
    )
