"""Every route has a guard, in the code and as the OpenAPI documents show it; the gateway lets the
same ones through."""

import pytest

from chassis.identity.guards import Open
from deploy.gateway.surface import read
from tests.support.routes import UNGUARDED, Operation, documented, operations

GUARDED = [operation for operation in operations() if operation.path not in UNGUARDED]


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_every_route_has_exactly_one_guard(operation: Operation) -> None:
    assert len(operation.guards) == 1, (
        "give it `allow(permission)`, or `anyone(reason)` if no identity is needed"
    )


@pytest.mark.parametrize(
    "operation", [o for o in GUARDED if any(isinstance(g, Open) for g in o.guards)], ids=str
)
def test_a_route_for_anyone_says_why(operation: Operation) -> None:
    (guard,) = operation.guards
    assert isinstance(guard, Open)
    assert len(guard.because.split()) >= 2


def test_the_openapi_documents_show_only_guarded_operations() -> None:
    guarded = {(o.service, o.method, o.path) for o in GUARDED if o.guards}
    shown = {(service, method, path) for service, method, path, _ in documented()}
    assert shown
    assert shown - guarded == set()


def test_every_post_takes_an_idempotency_key() -> None:
    without = [
        f"{service} POST {path}"
        for service, method, path, operation in documented()
        if method == "POST"
        and not any(
            p["in"] == "header" and p["name"] == "Idempotency-Key"
            for p in operation.get("parameters", [])
        )
    ]
    assert without == [], "add `cause: RequestCause` to the route"


def test_the_gateway_knows_every_route_by_its_noun() -> None:
    offered = read()
    served = {(part.service, part.path) for part in (*offered.nouns, *offered.streams)}
    unreachable = [
        str(operation)
        for operation in GUARDED
        if not operation.path.startswith("/.well-known/")
        and (operation.service, "/".join(operation.path.split("/")[:4])) not in served
    ]
    assert unreachable == [], "make generate"


def test_the_gateway_lets_through_without_a_token_what_is_for_anyone_and_nothing_else() -> None:
    """Else one of the two answers 401 where the other would not."""
    for_anyone = {
        (operation.method, operation.path)
        for operation in GUARDED
        if any(isinstance(guard, Open) for guard in operation.guards)
        and not operation.path.startswith("/.well-known/")
    }
    assert {(route.method, route.path) for route in read().open} == for_anyone, "make generate"
