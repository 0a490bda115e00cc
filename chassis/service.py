"""A service: its routes, consumers and loops, wired to store, bus, traces and health."""

import asyncio
import gc
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Annotated, Any

import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from chassis import logs, problem, trace
from chassis.bus import Publisher, Subscription, ensure_topics
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.edge.auth import Verifier
from chassis.edge.direct import Direct, Provided, direct_routes
from chassis.edge.http import Edge
from chassis.loop import every
from chassis.outbox import Relay
from chassis.problem import is_away
from chassis.settings import Settings
from chassis.store import Store
from chassis.watchdog import Watchdog
from contracts.topics import TOPICS

log = structlog.get_logger()
# The edge makes the spans: the framework's own would tell addresses, and what exceptions say.
_SILENT: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans"), False)


class Service:
    """Wired in `main.py`: `provide` what routes ask for, `routes`, `consumes`, `runs`; then
    `serve`."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self.settings = name, settings
        self.clock = Clock(settings.clock)
        self.store = Store(settings.mongo_url, name, self.clock)
        self.publisher = Publisher(settings.kafka_bootstrap, name)
        self.subscriptions: list[Subscription] = []
        self._loops: list[tuple[str, Callable[[], Awaitable[object]], float]] = []
        self._starters: list[Callable[[], Awaitable[None]]] = []
        self._stoppers: list[Callable[[], Awaitable[None]]] = []
        self._enders: list[Callable[[], None]] = []
        self._checks: dict[str, Callable[[], Awaitable[object]]] = {"store": self.store.ping}
        self.consumer: Consumer | None = None
        self.relay: Relay | None = None
        self.app = FastAPI(
            title=name,
            lifespan=self._lifespan,
            responses=problem.RESPONSES,
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            telemetry=_SILENT,
        )
        self.app.state.verifier = Verifier(
            settings.jwks_url, settings.jwt_issuer, settings.jwt_audience, now=self.clock.real
        )
        self.app.state.provided = {Clock: self.clock}
        problem.install(self.app)
        self._direct: dict[tuple[str, str], Direct] = {}
        self.app.add_middleware(
            Edge,
            most_bytes=settings.max_body_bytes,
            direct=self._direct,
            seconds=settings.answer_seconds,
            most_waiting=settings.most_waiting,
        )
        self._health_routes()

    def provide(self, *things: object) -> None:
        """Make these available to routes by their type: `Annotated[DutyHandlers,
        provided(DutyHandlers)]`."""
        for thing in things:
            self.app.state.provided[type(thing)] = thing

    def routes(self, *routers: APIRouter) -> None:
        for router in routers:
            self.app.include_router(router, prefix="/api/v1")
            self._direct |= direct_routes(router, "/api/v1")

    def consumes(self, *subscriptions: Subscription) -> None:
        self.subscriptions.extend(subscriptions)

    def runs(self, name: str, step: Callable[[], Awaitable[object]], every: float) -> None:
        """Call `step` over and over with `every` seconds in between; what fails is logged and tried
        again."""
        self._loops.append((name, step, every))

    def starts(
        self, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
    ) -> None:
        """Something of the service's own that has a life: a Redis client, a live hub."""
        self._starters.append(start)
        self._stoppers.append(stop)

    def ends(self, end: Callable[[], None]) -> None:
        """Called first when the process is told to stop: lets answers end that would go on and
        on."""
        self._enders.append(end)

    def checks(self, name: str, check: Callable[[], Awaitable[object]]) -> None:
        """Ready only while `check` does not raise."""
        self._checks[name] = check

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        await _until_there(self._prepare, "store and bus")
        for start in self._starters:
            await _until_there(start, "a part of the service")
        self.relay = Relay(self.store, self.publisher)
        watchdog = Watchdog(self.settings.watchdog_seconds, self._stuck)
        set_clock = partial(self.clock.sync, self.store.server_time)
        tasks = [
            asyncio.create_task(self.relay.run()),
            asyncio.create_task(watchdog.beat()),
            asyncio.create_task(every("clock", set_clock, 30.0)),
        ]
        if self.subscriptions:
            self.consumer = Consumer(
                self.settings.kafka_bootstrap,
                self.name,
                self.subscriptions,
                self.publisher,
                self._reachable,
            )
            tasks.append(asyncio.create_task(every("consumer", self.consumer.run, 1.0)))
        tasks += [asyncio.create_task(every(*loop)) for loop in self._loops]
        watchdog.start()
        log.info("started", service=self.name)
        try:
            yield
        finally:
            watchdog.stop()
            await self._stop(tasks)

    async def _prepare(self) -> None:
        await self.clock.sync(self.store.server_time)
        await self.store.prepare()
        await ensure_topics(
            self.settings.kafka_bootstrap,
            TOPICS,
            self.settings.kafka_partitions,
            self.settings.kafka_replication,
        )
        await self.publisher.start()

    async def _stop(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=self.settings.shutdown_seconds)
        for stop in self._stoppers:
            with suppress(Exception):
                async with asyncio.timeout(3):
                    await stop()
        await self.publisher.stop()
        await self.store.close()
        log.info("stopped", service=self.name)

    def _stuck(self) -> str | None:
        limit = self.settings.watchdog_seconds
        consumer = self.consumer
        if consumer and consumer.lag > 0 and time.monotonic() - consumer.progressed > limit:
            return "consumer stands still with messages waiting"
        return None

    async def _failing(self) -> list[str]:
        failing: list[str] = []
        for name, check in self._checks.items():
            try:
                async with asyncio.timeout(2):
                    await check()
            except Exception:
                failing.append(name)
        return failing

    async def _reachable(self) -> bool:
        return not await self._failing()

    def _health_routes(self) -> None:
        async def live() -> dict[str, str]:
            return {"status": "live"}

        async def ready() -> JSONResponse:
            failing = await self._failing()
            if self.subscriptions and not (self.consumer and self.consumer.ready):
                failing.append("consumer")
            return JSONResponse({"ready": not failing, "failing": failing}, 503 if failing else 200)

        async def metrics() -> Response:
            return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

        for path, endpoint in (
            ("/health/live", live),
            ("/health/ready", ready),
            ("/metrics", metrics),
        ):
            self.app.add_api_route(path, endpoint, include_in_schema=False)

    def server(self, front: Callable[[ASGIApp], ASGIApp] = lambda app: app) -> uvicorn.Server:
        """Ends on SIGTERM or SIGINT; requests under way are finished first. `front` sees a request
        first of all."""
        config = uvicorn.Config(
            front(self.app),
            host=self.settings.http_host,
            port=self.settings.http_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=self.settings.shutdown_seconds,
            server_header=False,
            backlog=4096,
        )
        return _Server(config, self._enders)

    def serve(self, front: Callable[[ASGIApp], ASGIApp] = lambda app: app) -> None:
        """Run until told to end, with logs and traces."""
        # Most objects of a request die by themselves before a rare collection looks at them.
        # Thousands of open answers are millions of objects: a full collection stops the process for
        # half a second.
        gc.set_threshold(50_000, 10, 100)
        logs.install(self.name, self.settings.log_level)
        provider = trace.install(self.name)
        self.server(front).run()
        if provider is not None:
            provider.shutdown()


class _Server(uvicorn.Server):
    """Waits for answers under way before it tells the application to stop: endless ones must be
    told before."""

    def __init__(self, config: uvicorn.Config, enders: Sequence[Callable[[], None]]) -> None:
        super().__init__(config)
        self._enders = enders

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for end in self._enders:
            end()
        await super().shutdown(sockets)


def provided(kind: type[Any]) -> Any:
    """What `main.py` provided of this type: `duty: Annotated[DutyHandlers,
    provided(DutyHandlers)]`."""

    return Depends(Provided(kind))


Now = Annotated[Clock, provided(Clock)]


async def _until_there(
    step: Callable[[], Awaitable[object]], what: str, limit: float = 120.0
) -> None:
    """Servers start in any order: wait for them, but not for ever."""
    until = time.monotonic() + limit
    while True:
        try:
            async with asyncio.timeout(30):
                await step()
            return
        except Exception as error:
            if not is_away(error) or time.monotonic() > until:
                raise
            log.warning("waiting", what=what, error=type(error).__name__)
            await asyncio.sleep(0.5)
