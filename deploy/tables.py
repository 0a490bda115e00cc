"""The tables that pages in `docs/` show between `<!-- generated: NAME -->` and `<!-- end -->`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from chassis.http.openapi.problems import operations, title_key
from chassis.kafka.subscriptions import Subscriptions
from contracts.access import PERMISSIONS
from contracts.texts import template
from contracts.vocabulary import Role, values_of
from deploy.gateway import plan

_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def of(document: dict[str, Any]) -> dict[str, str]:
    """Name -> table. `document` is the OpenAPI document of the whole API."""
    return {
        "readers": _table(("reader", "topic", "events"), _readers()),
        "permissions": _table(("permission", "roles"), _permissions()),
        "problems": _table(("type", "status", "中文", "English"), _problems(document)),
        "routes": _routes(document),
    }


def filled(page: str, tables: Mapping[str, str]) -> str:
    """The page with every marked part written anew.

    Raises KeyError for a mark that no table belongs to.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{tables[found[2]]}{found[3]}", page)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("| --- ", "|---")


def _readers() -> Iterator[tuple[str, str, str]]:
    for service in plan.SERVICES:
        found: Subscriptions = import_module(f"services.{service}.main").service.subscriptions
        for topic in found.topics:
            yield service, f"`{topic}`", _code(sorted(found.events(topic)))


def _permissions() -> Iterator[tuple[str, str]]:
    for permission, roles in PERMISSIONS.items():
        yield f"`{permission}`", _roles(roles)


def _problems(document: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    statuses: dict[str, set[str]] = {}
    for name, answer in document["components"]["responses"].items():
        for code in answer["x-problems"]:
            statuses.setdefault(code, set()).add(name.partition(".")[0])
    for code, found in sorted(statuses.items()):
        words = template(title_key(code))
        yield f"`urn:problem:{code}`", ", ".join(sorted(found)), words.zh, words.en


def _routes(document: dict[str, Any]) -> str:
    parts: list[str] = []
    for tag in document["tags"]:
        rows = [
            (f"`{method.upper()} {path}`", operation["summary"], _who(operation))
            for method, path, operation in operations(document)
            if operation["tags"] == [tag["name"]]
        ]
        table = _table(("route", "does", "for"), rows)
        parts.append(f"\n### {tag['name']}\n\n{tag['description']}\n\n{table}")
    return "".join(parts) + "\n"


def _who(operation: dict[str, Any]) -> str:
    roles = operation.get("x-roles")
    return _roles(roles) if roles is not None else "anyone"


def _roles(roles: Iterable[str]) -> str:
    every, held = values_of(Role), frozenset(roles)
    lacking = [role for role in every if role not in held]
    if len(lacking) <= 1:
        return "every role" + "".join(f" but `{role}`" for role in lacking)
    return _code(role for role in every if role in held)


def _code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)
