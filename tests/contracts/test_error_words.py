"""What people read of a wrong request is words: over everything that any route takes."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core.core_schema import ErrorType

from chassis.http.plain_route import PlainRoute
from chassis.inputs.field_errors import field_problems
from contracts.texts import forms
from tests.architecture.tree import SERVICES
from tests.contracts.api_document import ASKED, OPERATIONS, SCHEMAS
from tests.support.routes import UNGUARDED, app

_TYPES = frozenset(get_args(ErrorType)) - {"missing"}
_MACHINE = re.compile(r"\^|\\|\[|\]|\$$|\{|\}|\(\?|pattern|pydantic|function|constrained", re.I)
PATTERNS_OF_PATHS = re.compile(r"\^[a-z]{3}_\[0-9A-Za-z_-\]\{1,60\}\$")
"""An id in a path that has another form is not found; the pattern is documented only."""
UNCHECKED = {r"^[\x21-\x7e]{8,128}$", r"^\d{1,15}-\d{1,10}$"}
"""An Idempotency-Key has words of its own; a stream begins anew at a position of another form."""


class Part(NamedTuple):
    """A body, or one parameter, of a route."""

    where: str
    field: Any
    place: tuple[str, ...]

    def problems(self, value: Any) -> list[dict[str, Any]]:
        _, found = self.field.validate(value, {}, loc=self.place)
        return [dict(one) for one in field_problems(found or [])]


def parts() -> Iterator[Part]:
    for service in SERVICES:
        for route in iter_route_contexts(app(service).routes):
            if not isinstance(route.original_route, PlainRoute):
                continue
            where = f"{service} {route.path}"
            if route.body_field is not None:
                yield Part(where, route.body_field, ("body",))
            for field in (*route.dependant.query_params, *route.dependant.path_params):
                yield Part(where, field, ("query", field.alias))


def alike(part: Part) -> str:
    return json.dumps(part.field._type_adapter.json_schema(), sort_keys=True)


PARTS = [*{alike(part): part for part in parts()}.values()]
"""One of each kind."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["x" * 5000, "\x00", "  ", "<$>", "2026-03-05T08:00:00", "9999-12-31T23:00:00-12:00", "37"]
    ),
    lambda inner: st.lists(inner, max_size=60) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=60,
)


def filled(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Of the right shape, with anything in its fields."""
    schema = known.get(schema.get("$ref", "").rpartition("/")[2], schema)
    if options := schema.get("anyOf"):
        return st.one_of([JSON, *(filled(one, known) for one in options)])
    if fields := schema.get("properties"):
        some = {name: JSON | filled(one, known) for name, one in fields.items()}
        return st.fixed_dictionaries({}, optional=some | {"surplus": JSON})
    if schema.get("type") == "array":
        return JSON | st.lists(filled(schema.get("items", {}), known), max_size=60)
    return JSON


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.where} {part.place[-1]}")
def test_no_chinese_problem_shows_a_pattern_or_the_name_of_a_type(part: Part):
    schema = part.field._type_adapter.json_schema()

    @given(JSON | filled(schema, schema.get("$defs", {})))
    @settings(max_examples=10, deadline=None, derandomize=True)
    def check(value: Any) -> None:
        for found in part.problems(value):
            words = found["problem"], found["problem_en"]
            assert not any(map(_MACHINE.search, words)), words
            assert not _TYPES & set(re.findall(r"[a-z_]+", found["problem"])), words
            assert re.search(r"[\u4e00-\u9fff]", words[0]), words
            assert not re.search(r"[\u4e00-\u9fff]", words[1]), words

    check()


def test_every_pattern_of_the_api_has_words():
    """Section `form` of the catalogue: what a text must look like, said to people."""
    found = {*_patterns([o.get("parameters") for o in OPERATIONS.values()])}
    found |= {*_patterns([SCHEMAS[name] for name in ASKED])}
    asked = {one for one in found if not PATTERNS_OF_PATHS.fullmatch(one)} - UNCHECKED
    assert asked == set(forms()), "each needs its words, and no words without a pattern"


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for below in node.values():
            yield from _patterns(below)
    elif isinstance(node, list):
        for below in node:
            yield from _patterns(below)


ROUTES = [
    (service, method, route.path or "")
    for service in SERVICES
    for route in iter_route_contexts(app(service).routes)
    for method in sorted(route.methods or ())
    if route.path not in UNGUARDED and (route.path or "").startswith("/api/")
]


@pytest.mark.parametrize(("service", "method", "path"), ROUTES, ids=lambda part: part)
def test_an_unknown_query_parameter_is_refused_by_every_route(service: str, method: str, path: str):
    """Before anybody is asked who they are, and before a store is."""
    answer = _ask(service, method, f"{path}?limt=5")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"] == [
        {
            "field": "query.limt",
            "problem": "没有这个查询参数",
            "problem_en": "There is no such query parameter",
        }
    ]


@pytest.mark.parametrize(("service", "path"), sorted({(s, p) for s, _, p in ROUTES}))
def test_a_method_that_a_path_does_not_take_is_told_with_those_that_it_takes(
    service: str, path: str
):
    answer = _ask(service, "TRACE", path)
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:problem:method_not_allowed")
    taken = {method for s, method, p in ROUTES if s == service and _matches(p, path)}
    assert set(answer.headers["allow"].split(", ")) == taken
    assert answer.json()["title"] == "此地址不支持该请求方法"


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path) is not None


def _ask(service: str, method: str, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app(service), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path)

    return asyncio.run(ask())
