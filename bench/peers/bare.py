"""Row 2's bare endpoints, traced: one takes a report and does nothing, one pushes to an open
stream.

`python -m bench.peers.bare PORT`
"""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator

import uvicorn
from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from chassis.telemetry import tracing


class Report(BaseModel):
    text: str


def app() -> FastAPI:
    bare, waiting = FastAPI(), asyncio.Queue[float]()

    async def report(body: Report) -> dict[str, str]:
        return {"id": str(len(body.text))}

    async def push() -> dict[str, str]:
        waiting.put_nowait(time.perf_counter())
        return {}

    async def events() -> AsyncGenerator[bytes]:
        yield b": open\n\n"
        while True:
            pushed = await waiting.get()
            yield f"event: alert\ndata: {pushed!r}\n\n".encode()

    async def stream() -> StreamingResponse:
        return StreamingResponse(events(), media_type="text/event-stream")

    bare.post("/reports", status_code=201)(report)
    bare.post("/pushes")(push)
    bare.get("/stream")(stream)
    return bare


if __name__ == "__main__":
    tracing.install("bench-bare")
    service = app()
    FastAPIInstrumentor.instrument_app(service, exclude_spans=["send", "receive"])
    uvicorn.run(
        service,
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=600,
    )
