"""A service: its routes, event handlers and background steps, on store, bus, traces and health."""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from joserfc.jwk import KeySet

from chassis.broker.topics import ensure_topics
from chassis.clock import Clock
from chassis.delivery.parked_store import ParkedStore
from chassis.delivery.parking import ParkedKeys
from chassis.http.plain_route import API_PREFIX, PlainRoute
from chassis.identity.revocations import Revocations
from chassis.identity.tokens import verifier
from chassis.kafka.consumer import Consumer
from chassis.kafka.publisher import Publisher
from chassis.mongo.store import Store
from chassis.outbox.relay import Relay
from chassis.server.application import application
from chassis.server.server import Server
from chassis.server.watchdog import Watchdog
from chassis.settings import Settings
from chassis.snapshots.building import build_replicas
from chassis.tasks.loops import run_periodically, until_available
from chassis.telemetry import logs, tracing
from chassis.wiring import Wiring
from contracts.topics import TOPICS

log = structlog.get_logger()
_SYNC_CLOCK_EVERY = 30.0  # seconds
_BUILDING = 600.0  # seconds for all replicas, before it is tried anew
_POLL_EVERY = 5.0  # seconds; for steps that another replica noted and did not live to take


class Service(Wiring):
    """Wired in `main.py`: `provide` what routes ask for, `routes`, `on`, `runs`; then `serve`."""

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__()
        self.name, self.settings = name, settings
        self.clock = Clock(settings.clock)
        self.store = Store(settings.mongo_url, name, self.clock)
        self.publisher = Publisher(settings.kafka_bootstrap, name)
        self.checks.add("store", self.store.ping)
        self.consumers: list[Consumer] = []
        self.revocations = Revocations(self.clock)
        self._heard = self.revocations.broadcast(settings.kafka_bootstrap)
        groups = (name, f"{name}-lingering")
        self._parked = {g: ParkedKeys(ParkedStore(self.store, g), g) for g in groups}
        self._hot: dict[tuple[str, str], PlainRoute] = {}
        self.app = application(name, settings, self.clock, self._lifespan, self._hot, self._failing)
        self.verify_with()

    def verify_with(self, keys: KeySet | None = None) -> None:
        """Verify access tokens with these keys; by default with those that the issuer publishes."""
        self.app.state.verifier = verifier(self.settings, self.clock, self.revocations, keys)

    def provide(self, *things: object) -> None:
        """Make these available to routes by their type:
        `Annotated[DutyHandlers, provided(DutyHandlers)]`."""
        for thing in things:
            self.app.state.provided[type(thing)] = thing

    def routes(self, *routers: APIRouter) -> None:
        for router in routers:
            self.app.include_router(router, prefix=API_PREFIX)
            for route in router.routes:
                if isinstance(route, PlainRoute) and route.is_hot:
                    self._hot |= {(m, route.full_path): route for m in route.methods or ()}

    def server(self) -> Server:
        return Server(self.app, self.settings, self._before_shutdown)

    def serve(self) -> None:
        """Run until SIGTERM or SIGINT, with logs and traces."""
        # Reference counting frees most objects of a request. Thousands of open streams are millions
        # of objects: a full collection would stop the process for half a second.
        gc.set_threshold(50_000, 10, 100)
        logs.install(self.name, self.settings.log_level)
        provider = tracing.install(self.name)
        self.server().run()
        if provider is not None:
            provider.shutdown()

    async def _failing(self) -> list[str]:
        consuming = not self.subscriptions.topics or all(one.ready for one in self.consumers)
        parts = {"consumer": consuming, "revocations": self._heard.ready}
        return await self.checks.failing() + [part for part, ready in parts.items() if not ready]

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        await until_available(self._prepare, "store and bus")
        for start in self._starters:
            await until_available(start, "a part of the service")
        if self.kept.topics:
            await until_available(self._build_replicas, "snapshots", attempt=_BUILDING)
        watchdog = Watchdog(self.settings.watchdog_seconds, self._stuck)
        tasks = [asyncio.create_task(run) for run in (watchdog.beat(), *self._background())]
        watchdog.start()
        log.info("started", service=self.name)
        try:
            yield
        finally:
            watchdog.stop()
            await self._stop(tasks)

    def _background(self) -> Sequence[Any]:
        set_clock = partial(self.clock.sync, self.store.server_time)
        runs = [
            Relay(self.store, self.publisher).run(),
            run_periodically("clock", set_clock, _SYNC_CLOCK_EVERY),
            run_periodically("revocations", self._heard.run, 1.0),
        ]
        self.consumers = list(self._consumers())
        runs += (run_periodically("consumer", consumer.run, 1.0) for consumer in self.consumers)
        due = (schedule.run(name, step, _POLL_EVERY) for name, step, schedule in self._due_steps)
        return [*runs, *due, *(run_periodically(*step) for step in self._steps)]

    def _consumers(self) -> Iterator[Consumer]:
        bootstrap = self.settings.kafka_bootstrap
        for group, subscriptions, linger in self._groups(self.name):
            parked = self._parked[group]
            yield Consumer(bootstrap, group, subscriptions, self.publisher, parked, linger=linger)

    async def _build_replicas(self) -> None:
        reads = {group: read.topics for group, read, _ in self._groups(self.name)}
        await build_replicas(self.settings.kafka_bootstrap, self.store, self.kept, reads)

    async def _prepare(self) -> None:
        settings = self.settings
        await self.clock.sync(self.store.server_time)
        await self.store.prepare()
        copies = settings.kafka_partitions, settings.kafka_replication
        kept_days = settings.kafka_kept_days, settings.kafka_dead_days
        await ensure_topics(settings.kafka_bootstrap, TOPICS, *copies, kept_days)
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
        stood_since = time.monotonic() - self.settings.watchdog_seconds
        if any(one.lag > 0 and one.progressed < stood_since for one in self.consumers):
            return "consumer stands still with messages waiting"
        return None
