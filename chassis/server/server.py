"""The HTTP server of a service."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from chassis.settings import Settings

_TICK = 1.0  # seconds


class Server(uvicorn.Server):
    """Ends on SIGTERM or SIGINT, after the requests in flight. `before_shutdown` ends open streams,
    which would hold that up."""

    def __init__(
        self, app: ASGIApp, settings: Settings, before_shutdown: Sequence[Callable[[], None]]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.http_host,
                port=settings.http_port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=settings.shutdown_seconds,
                server_header=False,
                # The gateway names the caller itself (chassis/http/caller.py); anybody may forward.
                proxy_headers=False,
                backlog=4096,
            )
        )
        self._before_shutdown = before_shutdown
        self._signalled = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """uvicorn's own wakes ten times a second to see whether a signal came; here it wakes this.
        The tick sets the time in the answers' headers."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._signalled.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._signalled.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for end in self._before_shutdown:
            end()
        await super().shutdown(sockets)
