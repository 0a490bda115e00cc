"""A small service in a process of its own: creates counters on request, and has one effect of each
event.

Files in `FOLDER` inject faults, each once: `handler_hangs`, `fetch_hangs`, `fetch_empty` (fetches
bring nothing any more). As long as there is a file `failing`, events of the counter that it names
fail as unavailable. It logs there when the work on each key began and ended. `CLOCK_OFFSET` are the
seconds that the machine's clock is ahead.
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
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.identity.guards import anyone
from chassis.kafka.subscriptions import Message
from chassis.mongo.repository import Repository
from chassis.service import Service
from chassis.settings import Settings
from chassis.tests.counter import Counted, Counter, Counters, apply
from tests.support.machine_clock import shift_machine_clock

FOLDER, NAME = Path(os.environ["FOLDER"]), os.environ["CHILD"]
WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))
router = APIRouter(prefix="/counters")


class NewCounter(BaseModel):
    name: str = "counter"


class CounterHandlers:
    def __init__(self, counters: Counters, clock: Clock) -> None:
        self.counters, self.clock = counters, clock


Handlers = Annotated[CounterHandlers, provided(CounterHandlers)]


@router.post("", status_code=201, dependencies=[anyone("a test")])
async def create_counter(
    body: NewCounter, handlers: Handlers, cause: RequestCause
) -> dict[str, str]:
    id = cause.derive("cnt")
    event = Counted(counter=id, total=1, lane=body.name)
    await handlers.counters.add(Counter(id=id, total=1), [event], cause)
    return {"id": id}


@router.post("/block", dependencies=[anyone("a test")])
async def block_event_loop(seconds: float, cause: RequestCause) -> None:
    time.sleep(seconds)  # noqa: ASYNC251 - the injected fault


@router.get("/tasks", dependencies=[anyone("a test")])
async def list_tasks() -> list[str]:
    """The coroutine of each task of this process."""
    return sorted(getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks())


@router.get("/time", dependencies=[anyone("a test")])
async def get_time(handlers: Handlers) -> dict[str, float]:
    """Unix seconds by the domain's clock, and by the machine's."""
    return {"domain": handlers.clock.now().timestamp(), "machine": time.time()}


class Effects:
    def __init__(self, effects: Counters) -> None:
        self._effects = effects
        self._work = (FOLDER / f"{NAME}.work").open("a", buffering=1)

    async def apply(self, event: Counted, message: Message) -> None:
        if injected("handler_hangs"):
            await asyncio.Event().wait()
        if event.counter == failing():
            raise ConnectionError(event.counter)
        began = time.monotonic()
        try:
            await asyncio.sleep(WORK_SECONDS)
            await apply(self._effects, event, message)
        finally:
            work = {
                "key": event.counter,
                "seq": message.seq,
                "by": NAME,
                "began": began,
                "ended": time.monotonic(),
            }
            self._work.write(json.dumps(work | {"at": message.at.timestamp()}) + "\n")


def injected(fault: str) -> bool:
    try:
        (FOLDER / fault).unlink()
    except FileNotFoundError:
        return False
    print("injected", fault)
    return True


def failing() -> str:
    try:
        return (FOLDER / "failing").read_text()
    except FileNotFoundError:
        return ""


async def inject_faults(service: Service) -> None:
    consumer: Any = service.consumers and service.consumers[0]._consumer  # pyright: ignore[reportPrivateUsage]
    if injected("fetch_hangs"):

        async def never(**_: object) -> None:
            await asyncio.Event().wait()

        consumer.getmany = never
    if injected("fetch_empty"):

        async def nothing(**_: object) -> Mapping[str, Any]:
            await asyncio.sleep(0.2)
            return {}

        consumer.getmany = nothing


def build() -> Service:
    service = Service(os.environ["DATABASE"], Settings())
    effects = Effects(Repository(service.store, "effects", Counter))
    counters = Repository(service.store, "counters", Counter)
    service.provide(CounterHandlers(counters, service.clock))
    service.routes(router)
    service.on(Counted, effects.apply)
    service.runs("faults", lambda: inject_faults(service), every=0.1)
    return service


if __name__ == "__main__":
    shift_machine_clock(float(os.environ.get("CLOCK_OFFSET", "0")))
    build().serve()
