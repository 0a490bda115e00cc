"""Row 1's write alone: the bare peer's handler on the chassis, with its event and a cause, on the
kind of route that a sign-up has.

`python -m bench.peers.write`, with a service's environment: a sign-up without code and tokens.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.domain import Aggregate
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute, hot
from chassis.identity.guards import Principal, anyone
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.service import Service
from chassis.settings import Settings
from contracts.events.registration import AccountOpened

router = APIRouter(prefix="/people", route_class=PlainRoute)


class Registration(BaseModel):
    phone: str
    code: str


class Registered(BaseModel):
    id: str


class Person(Aggregate):
    phone: str
    code: str


class People(Repository[Person]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "people", Person)


@router.post("", status_code=201)
@hot  # benchmark row 1
async def register(
    body: Registration,
    _: Annotated[Principal | None, anyone("a benchmark")],
    people: Annotated[People, provided(People)],
    cause: RequestCause,
) -> Registered:
    id = cause.derive("acc")
    await people.add(
        Person(id=id, phone=body.phone, code=body.code), [AccountOpened(account=id)], cause
    )
    return Registered(id=id)


def build() -> Service:
    service = Service("bench_write", Settings())
    service.provide(People(service.store))
    service.routes(router)
    return service


if __name__ == "__main__":
    build().serve()
