"""What the floor of one Python process is measured on: handlers that do a little more from one to
the next.

`python -m bench.peers.floor PORT` serves those without the chassis; without a port, and with a
service's environment, those on it.
"""

import sys
from typing import Annotated

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.peers.write import People, Person, Registered, Registration
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute, hot
from chassis.identity.guards import Principal, anyone
from chassis.service import Service
from chassis.settings import Settings
from contracts.events.registration import AccountOpened

ANSWER = b'{"id":"acc_8f0c2e51d7a94b3c6e10"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]
_SIGNED = b"-" * 400
"""As long as what an access token signs."""


class Key:
    def __init__(self) -> None:
        self._key, self._algorithm = generate_private_key(SECP256R1()), ECDSA(SHA256())

    def sign(self) -> bytes:
        return self._key.sign(_SIGNED, self._algorithm)


router = APIRouter(route_class=PlainRoute)
Nobody = Annotated[Principal | None, anyone("a benchmark")]
Stored = Annotated[People, provided(People)]


async def constant(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body and answers, by uvicorn alone."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 201, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def starlette(request: Request) -> JSONResponse:
    body = await request.json()
    return JSONResponse({"id": body["phone"]}, 201)


async def fastapi(body: Registration) -> Registered:
    return Registered(id=body.phone)


@router.post("/answer", status_code=201)
@hot  # the floor of row 1
async def answer(body: Registration, _: Nobody, cause: RequestCause) -> Registered:
    return Registered(id=cause.derive("acc"))


@router.post("/insert", status_code=201)
@hot  # the floor of row 1
async def insert(body: Registration, _: Nobody, people: Stored, cause: RequestCause) -> Registered:
    id = cause.derive("acc")
    await people.add(Person(id=id, phone=body.phone, code=body.code), [], cause)
    return Registered(id=id)


@router.post("/event", status_code=201)
@hot  # the floor of row 1
async def event(body: Registration, _: Nobody, people: Stored, cause: RequestCause) -> Registered:
    id = cause.derive("acc")
    person = Person(id=id, phone=body.phone, code=body.code)
    await people.add(person, [AccountOpened(account=id)], cause)
    return Registered(id=id)


@router.post("/signed", status_code=201)
@hot  # the floor of row 1
async def signed(
    body: Registration,
    who: Nobody,
    people: Stored,
    cause: RequestCause,
    key: Annotated[Key, provided(Key)],
) -> Registered:
    key.sign()
    return await event(body, who, people, cause)


def without_chassis() -> ASGIApp:
    """A path for each framework."""
    bare = FastAPI()
    bare.post("/fastapi", status_code=201)(fastapi)
    frameworks: dict[str, ASGIApp] = {
        "/constant": constant,
        "/starlette": Starlette(routes=[Route("/starlette", starlette, methods=["POST"])]),
        "/fastapi": bare,
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await frameworks.get(scope["path"], constant)(scope, receive, send)

    return app


def on_chassis() -> Service:
    service = Service("bench_write", Settings())
    service.provide(People(service.store), Key())
    service.routes(router)
    return service


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvicorn.run(
            without_chassis(),
            port=int(sys.argv[1]),
            log_level="warning",
            access_log=False,
            loop="uvloop",
            lifespan="off",
        )
    else:
        on_chassis().serve()
