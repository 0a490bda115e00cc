"""What a service refuses is in its document, with the status that it really has."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from chassis.http.openapi.problems import operations
from contracts.texts import statuses
from tests.architecture.tree import ROOT, SERVICES, modules, name, parsed
from tests.support.routes import openapi

OFFLINE = "services/registration/roster/"
"""Its refusals are printed to the operator who reads a file in: no route gives them."""

HIDDEN = frozenset({"not_called"})
"""Answered as `not_found`: who was not called does not learn that there is a call-out."""


class Raised(NamedTuple):
    where: str
    code: str
    names_field: bool


def _raised(service: str) -> Iterator[Raised]:
    for path in modules():
        if not path.is_relative_to(ROOT / "services" / service) or "tests" in path.parts:
            continue
        if name(path).startswith(OFFLINE):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                named = {keyword.arg for keyword in node.keywords}
                names_field = len(node.args) > 1 or bool(named & {"field", "fields"})
                if isinstance(node.args[0], ast.Constant):
                    where = f"{name(path)}:{node.lineno}"
                    yield Raised(where, str(node.args[0].value), names_field)


def _declared(service: str) -> set[str]:
    return {
        code
        for _, _, operation in operations(openapi(service))
        for answer in operation["responses"].values()
        for code in answer.get("x-problems", ())
    }


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_is_told_of_by_a_route(service: str) -> None:
    told = _declared(service) | HIDDEN
    assert [
        f"{raised.where} {raised.code}" for raised in _raised(service) if raised.code not in told
    ] == [], "add responses=refuses(...) to the routes that give it"


@pytest.mark.parametrize("service", SERVICES)
def test_a_refusal_that_names_a_part_of_the_request_has_its_status_in_the_catalogue(
    service: str,
) -> None:
    """The document has it from there; without one it says 409."""
    assert [
        f"{raised.where} {raised.code}"
        for raised in _raised(service)
        if raised.names_field and raised.code not in statuses()
    ] == [], "status = 422 in contracts/texts"
