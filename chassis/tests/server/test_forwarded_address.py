"""Only the gateway says where a caller is: what a request claims of its way counts for nothing."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from chassis.http.caller import Caller
from chassis.server.server import Server
from chassis.settings import Settings
from deploy.local.ports import HOST, free_ports
from tests.support.waiting import eventually

CLAIMS = {
    "X-Forwarded-For": "203.0.113.5",
    "X-Real-IP": "203.0.113.5",
    "Forwarded": "for=203.0.113.5",
}


async def test_a_forwarded_address_is_not_the_caller_s() -> None:
    app, port = FastAPI(), free_ports().incidents

    @app.get("/address")
    async def address(caller: Caller) -> dict[str, Any]:
        return {"caller": caller}

    assert address is not None
    server = Server(app, Settings(http_port=port), ())
    task = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: _answer(server.started), what="started")
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}") as client:
            claimed = (await client.get("/address", headers=CLAIMS)).json()
            named = CLAIMS | {"X-Caller-Address": "198.51.100.7"}
            told = (await client.get("/address", headers=named)).json()
    finally:
        server.should_exit = True
        server._signalled.set()  # pyright: ignore[reportPrivateUsage]
        await task
    assert (claimed, told) == ({"caller": HOST}, {"caller": "198.51.100.7"})


async def _answer(value: bool) -> bool:
    return value
