"""The HTTP server of a service."""

import socket
from collections.abc import Callable, Sequence

import uvicorn
from starlette.types import ASGIApp

from chassis.settings import Settings


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
                backlog=4096,
            )
        )
        self._before_shutdown = before_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for end in self._before_shutdown:
            end()
        await super().shutdown(sockets)
