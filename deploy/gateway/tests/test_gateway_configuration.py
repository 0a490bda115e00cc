"""The configuration is what the plan says, Envoy takes it, and what is checked in is up to date."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.texts import text
from deploy.gateway import plan
from deploy.gateway.plan import Limits
from deploy.gateway.problems import local_problems
from deploy.gateway.render import render_local
from deploy.gateway.surface import noun_of, read
from deploy.gateway.tests.test_gateway_settings import validate
from deploy.local.ports import free_ports


def _connection(config: Path) -> dict[str, Any]:
    listener = yaml.safe_load(config.read_text("utf-8"))["static_resources"]["listeners"][0]
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


@pytest.mark.servers
def test_envoy_takes_the_local_configuration(tmp_path: Path) -> None:
    validate(render_local(free_ports(), tmp_path))


def test_every_route_below_the_api_has_a_guard(tmp_path: Path) -> None:
    connection = _connection(render_local(free_ports(), tmp_path))
    rules = next(f for f in connection["http_filters"] if f["name"].endswith("jwt_authn"))[
        "typed_config"
    ]["rules"]
    demanded = {
        r["match"]["path_separated_prefix"]
        for r in rules
        if r.get("requires") == {"provider_name": "sessions"}
    }
    routes = connection["route_config"]["virtual_hosts"][0]["routes"]
    served = {
        r["match"].get("path_separated_prefix") or r["match"].get("path")
        for r in routes
        if "route" in r and r["name"] != "apps"
    }
    assert served - {"/.well-known/jwks.json"} == demanded


def test_only_writes_with_a_key_and_reads_are_repeated_after_503(tmp_path: Path) -> None:
    routes = _connection(render_local(free_ports(), tmp_path))["route_config"]["virtual_hosts"][0][
        "routes"
    ]
    for route in (r for r in routes if "503" in str(r.get("route", {}).get("retry_policy"))):
        methods = route["match"]["headers"][0]["string_match"]["safe_regex"]["regex"]
        keyed = any(h["name"] == "idempotency-key" for h in route["match"]["headers"])
        assert keyed or not {"POST", "PATCH"} & set(methods.split("|"))


def test_nouns_are_named_once_and_belong_to_a_service() -> None:
    names = [noun.name for noun in read().nouns]
    assert len(names) == len(set(names))
    assert {noun.service for noun in read().nouns} == set(plan.SERVICES)
    assert all(0 <= noun.sampling <= 100 for noun in read().nouns)


def test_rates_and_sampling_are_of_nouns_that_there_are() -> None:
    named = {*plan.SAMPLING, *(noun for budget in plan.BUDGETS for noun in budget.nouns)}
    assert named <= {noun.name for noun in read().nouns}


def test_a_write_that_anyone_may_do_has_a_rate_of_its_own() -> None:
    limited = {noun for budget in plan.BUDGETS for noun in budget.nouns}
    writes = {noun_of(route.path) for route in read().open if route.method != "GET"}
    assert writes <= limited


@pytest.mark.parametrize(
    "problem", local_problems(Limits()), ids=lambda p: f"{p.status}-{p.key}-{p.details}"
)
def test_own_answers_are_problem_documents_in_two_languages(problem: Any) -> None:
    words = text(problem.key, **({"limit": problem.limit} if problem.limit else {}))
    assert problem.body["title"] == words.zh
    assert problem.body["title_en"] == words.en
    assert problem.body["type"].startswith("urn:problem:")
    assert problem.body["status"] in (problem.status, problem.answered)
