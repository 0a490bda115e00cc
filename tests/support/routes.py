"""The routes of the four services, as their applications have them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from chassis.identity.guards import Guard, Open
from tests.architecture.tree import SERVICES

UNGUARDED = frozenset({"/health/live", "/health/ready", "/metrics"})
"""On each service's own port, never behind the gateway."""


@dataclass(frozen=True)
class Operation:
    """One method of one path, and what stands in front of it."""

    service: str
    method: str
    path: str
    guards: tuple[Guard | Open, ...]

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"


@cache
def app(service: str) -> FastAPI:
    return import_module(f"services.{service}.main").app


@cache
def openapi(service: str) -> dict[str, Any]:
    return app(service).openapi()


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of every service, those outside the OpenAPI document too."""
    return tuple(found for service in SERVICES for found in _of(service))


def _of(service: str) -> Iterator[Operation]:
    for route in iter_route_contexts(app(service).routes):
        # What is no FastAPI route (a mount, a plain Starlette route) has no dependencies, so no
        # guard.
        dependant: Dependant | None = (
            getattr(route.original_route, "dependant", None) and route.dependant
        )
        guards = tuple(_guards(dependant)) if dependant else ()
        for method in sorted(route.methods or {"*"}):
            yield Operation(service, method, route.path or "*", guards)


def _guards(dependant: Dependant) -> Iterator[Guard | Open]:
    for below in dependant.dependencies:
        if isinstance(below.call, Guard | Open):
            yield below.call
        yield from _guards(below)


def documented() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """(service, method, path, operation) of every operation that the OpenAPI documents show."""
    for service in SERVICES:
        for path, methods in openapi(service)["paths"].items():
            for method, operation in methods.items():
                yield service, method.upper(), path, operation
