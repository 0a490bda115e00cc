"""A small service in a process of its own: counts what it is told by HTTP, and has one effect of
each event.

Files in `FOLDER` tell it to go wrong, each once: `hang` (a handler never comes back), `deaf` (a
fetch never does), `mute` (fetches give nothing any more). It writes there when it began and ended
the work on each key. `CLOCK_OFF` are the seconds that the machine's clock is ahead.
"""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.identity.guards import anyone
from chassis.kafka.subscriptions import Message
from chassis.mongo.repository import Repository
from chassis.service import Service
from chassis.settings import Settings
from chassis.tests.counter import Counted, Counter, up
from tests.support.machine_clock import set_the_clock

FOLDER, NAME = Path(os.environ["FOLDER"]), os.environ["CHILD"]
WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))
router = APIRouter(prefix="/counters")


class NewCounter(BaseModel):
    name: str = "counter"


class Desk:
    def __init__(self, counters: Repository[Counter], clock: Clock) -> None:
        self.counters, self.clock = counters, clock


TheDesk = Annotated[Desk, provided(Desk)]


@router.post("", status_code=201, dependencies=[anyone("a test")])
async def add(body: NewCounter, desk: TheDesk, cause: RequestCause) -> dict[str, str]:
    id = cause.derive("cnt")
    await desk.counters.add(
        Counter(id=id, total=1), [Counted(counter=id, total=1, lane=body.name)], cause
    )
    return {"id": id}


@router.post("/block", dependencies=[anyone("a test")])
async def block(seconds: float, cause: RequestCause) -> None:
    time.sleep(seconds)  # noqa: ASYNC251 - that is the fault


@router.get("/tasks", dependencies=[anyone("a test")])
async def tasks() -> list[str]:
    """What each task of this process runs."""
    return sorted(getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks())


@router.get("/time", dependencies=[anyone("a test")])
async def times(desk: TheDesk) -> dict[str, float]:
    """Unix seconds by the domain's clock, and by the machine's."""
    return {"domain": desk.clock.now().timestamp(), "machine": time.time()}


class Effects:
    def __init__(self, effects: Repository[Counter]) -> None:
        self._effects = effects
        self._work = (FOLDER / f"{NAME}.work").open("a", buffering=1)

    async def on(self, event: Counted, message: Message) -> None:
        if told("hang"):
            await asyncio.Event().wait()
        began = time.monotonic()
        try:
            await asyncio.sleep(WORK_SECONDS)
            await self._effects.add(Counter(id=event.counter), [], Cause(f"new {event.counter}"))
            await self._effects.change(
                event.counter, lambda effect: (up(effect)[0], ()), message.cause
            )
        finally:
            work = {
                "key": event.counter,
                "seq": message.seq,
                "by": NAME,
                "began": began,
                "ended": time.monotonic(),
            }
            self._work.write(json.dumps(work | {"at": message.at.timestamp()}) + "\n")


def told(what: str) -> bool:
    try:
        (FOLDER / what).unlink()
    except FileNotFoundError:
        return False
    print("is told to", what)
    return True


async def go_wrong(service: Service) -> None:
    consumer: Any = service.consumer and service.consumer._consumer  # pyright: ignore[reportPrivateUsage]
    if told("deaf"):

        async def never(**_: object) -> None:
            await asyncio.Event().wait()

        consumer.getmany = never
    if told("mute"):

        async def nothing(**_: object) -> Mapping[str, Any]:
            await asyncio.sleep(0.2)
            return {}

        consumer.getmany = nothing


def build() -> Service:
    service = Service(os.environ["DATABASE"], Settings())
    effects = Effects(Repository(service.store, "effects", Counter))
    service.provide(Desk(Repository(service.store, "counters", Counter), service.clock))
    service.routes(router)
    service.on(Counted, effects.on)
    service.runs("faults", lambda: go_wrong(service), every=0.1)
    return service


if __name__ == "__main__":
    set_the_clock(float(os.environ.get("CLOCK_OFF", "0")))
    build().serve()
