"""Row 1's bare peer: a traced FastAPI handler that inserts one document with Motor, w=majority and
journalled.

`python -m bench.peers.insert PORT MONGO_URL`
"""

import sys

import uvicorn
from fastapi import FastAPI
from motor.motor_asyncio import AsyncIOMotorClient
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from pydantic import BaseModel

from chassis.telemetry import tracing


class Registration(BaseModel):
    phone: str
    code: str


def app(mongo_url: str) -> FastAPI:
    bare = FastAPI()
    client: AsyncIOMotorClient[dict[str, str]] = AsyncIOMotorClient(
        mongo_url, w="majority", journal=True
    )
    people = client["bench_bare"]["people"]

    async def register(body: Registration) -> dict[str, str]:
        done = await people.insert_one({"phone": body.phone, "code": body.code})
        return {"id": str(done.inserted_id)}

    bare.post("/people", status_code=201)(register)
    return bare


if __name__ == "__main__":
    tracing.install("bench-bare")
    service = app(sys.argv[2])
    FastAPIInstrumentor.instrument_app(service, exclude_spans=["send", "receive"])
    uvicorn.run(
        service, port=int(sys.argv[1]), log_level="warning", access_log=False, loop="uvloop"
    )
