"""Sizes, names and places: a stranger finds the home of a feature from the folder list alone."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.code import code_lines, long_definitions, tokens
from tests.architecture.measure import ROLES, circles, imports_between, nouns
from tests.architecture.tree import ROOT, SERVICES, modules, name, parsed

MAX_FILE, MAX_FUNCTION, MAX_BUILD = 300, 40, 60
"""Lines as formatted. `build` in a `main.py` may take one screen."""
MAX_CHASSIS_PACKAGE, MAX_CHASSIS_FILE, MAX_CHASSIS_CLASS = 500, 200, 120
"""A package in lines of code, a file and a class as formatted (docs/decisions/0017)."""
CHASSIS = (
    "chassis",
    "chassis/broker",
    "chassis/delivery",
    "chassis/http",
    "chassis/http/openapi",
    "chassis/inputs",
    "chassis/identity",
    "chassis/kafka",
    "chassis/limits",
    "chassis/mongo",
    "chassis/outbox",
    "chassis/personal",
    "chassis/sending",
    "chassis/server",
    "chassis/snapshots",
    "chassis/tasks",
    "chassis/telemetry",
    "chassis/valkey",
)
SIXTH = "A file of its own because"
"""So begins the reason, in the docstring of a noun's file that is none of the promised ones."""
NOWHERE = frozenset({"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"})
POLICE_WORDS = re.compile(
    r"volunteer|callout|report|duty|police|station|incident|patrol|squad", re.IGNORECASE
)
PRODUCT = ("jinan", "contracts", "chassis", "services")


def product() -> list[Path]:
    """What runs in a service."""
    return [
        path
        for path in modules()
        if path.relative_to(ROOT).parts[0] in PRODUCT and "tests" not in path.parts
    ]


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_FILE, "split it by noun"


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_function_is_too_long(path: Path) -> None:
    long = [
        (function, lines)
        for function, lines in long_definitions(parsed(path), MAX_FUNCTION)
        if not (path.name == "main.py" and function == "build" and lines <= MAX_BUILD)
    ]
    assert long == []


def test_the_formatter_decides() -> None:
    skipping = re.compile(r"# fmt: (skip|off)$", re.MULTILINE)
    assert [name(path) for path in modules() if skipping.search(path.read_text("utf-8"))] == []


def test_no_file_is_called_after_nothing() -> None:
    assert [
        name(path)
        for path in modules()
        if NOWHERE & {*path.relative_to(ROOT).with_suffix("").parts}
    ] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_noun_has_the_promised_files_or_says_why_not(service: str) -> None:
    others = [
        name(path)
        for noun in nouns(ROOT, service)
        if noun.name != "replicas"
        for path in sorted(noun.glob("*.py"))
        if path.stem not in ROLES and SIXTH not in (ast.get_docstring(parsed(path)) or "")
    ]
    assert others == [], f"a sixth file says in its docstring: '{SIXTH} ...'"


@pytest.mark.parametrize("service", SERVICES)
def test_nouns_of_a_service_import_each_other_one_way(service: str) -> None:
    assert circles(imports_between(ROOT, service)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_noun_has_its_tests(service: str) -> None:
    tests = ROOT / "services" / service / "tests"
    folders = {path.name for path in tests.iterdir() if path.is_dir()}
    known = {noun.name for noun in nouns(ROOT, service)}
    assert folders - {"__pycache__"} <= known, "services/<service>/tests/<noun>"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_wired_in_main_alone(service: str) -> None:
    folder = ROOT / "services" / service
    (build,) = (
        n
        for n in parsed(folder / "main.py").body
        if isinstance(n, ast.FunctionDef) and n.name == "build"
    )
    assert {"routes", "on"} <= set(_called(build)), "build lists routers and events itself"
    wired_elsewhere = [
        name(path)
        for path in product()
        if path.is_relative_to(folder) and path.name != "main.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Consumers")
    ]
    assert wired_elsewhere == [], "handlers take (event, message); service.on names them"
    assert (folder / "README.md").is_file()


def _called(tree: ast.AST) -> list[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call.attr for call in calls if isinstance(call, ast.Attribute)]


@pytest.mark.parametrize("service", SERVICES)
def test_routes_stand_in_api(service: str) -> None:
    for path in (p for p in product() if p.is_relative_to(ROOT / "services" / service)):
        names = {node.id for node in ast.walk(parsed(path)) if isinstance(node, ast.Name)}
        if "APIRouter" in names:
            assert path.stem == "api", f"{name(path)}: routes stand in api.py"
            assert "PlainRoute" in names, f"{name(path)}: route_class=PlainRoute"


@pytest.mark.parametrize("service", SERVICES)
def test_a_policy_is_data_with_a_version_and_a_validity(service: str) -> None:
    assert (ROOT / "services" / service / "policy.toml").is_file()
    assert (ROOT / "services" / service / "policy.py").is_file()


def test_there_is_one_refusal() -> None:
    found = [
        f"{name(path)}: {node.name}"
        for path in product()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and node.name in ("Refusal", "Problem")
    ]
    assert found == ["chassis/domain.py: Refusal"]


def test_the_highest_sequence_wins_in_one_place() -> None:
    sequence = re.compile(r'"seq": \{"\$lt"')
    found = [name(path) for path in product() if sequence.search(path.read_text("utf-8"))]
    assert found == ["chassis/mongo/projection.py"]


def test_a_changed_state_is_made_by_with_() -> None:
    """`model_copy(update=...)` takes a field that does not exist without a word."""
    copying = [name(path) for path in product() if ".model_copy(" in path.read_text("utf-8")]
    assert copying == ["chassis/domain.py"]


def test_the_chassis_has_these_packages() -> None:
    folders = {
        str(p.parent.relative_to(ROOT)) for p in product() if p.parts[len(ROOT.parts)] == "chassis"
    }
    assert folders == {*CHASSIS}


@pytest.mark.parametrize("package", CHASSIS)
def test_the_chassis_is_small(package: str) -> None:
    files = [path for path in product() if path.parent == ROOT / package]
    assert sum(code_lines(p.read_text("utf-8")) for p in files) <= MAX_CHASSIS_PACKAGE
    assert [
        name(path) for path in files if len(path.read_text("utf-8").splitlines()) > MAX_CHASSIS_FILE
    ] == []
    assert [
        found
        for path in files
        for found in long_definitions(parsed(path), MAX_CHASSIS_CLASS, ast.ClassDef)
    ] == []


@pytest.mark.parametrize(
    "path", [path for path in product() if path.is_relative_to(ROOT / "chassis")], ids=name
)
def test_the_chassis_knows_no_word_of_the_police(path: Path) -> None:
    words = [t.string for t in tokens(path.read_text("utf-8")) if POLICE_WORDS.search(t.string)]
    assert words == []
