"""Sizes and names: a stranger finds the room of a feature from the folder list alone."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, SERVICES, modules, name, parsed

MOST_LINES = 300
MOST_MAIN = 60
"""Lines of `build` in a `main.py`: one screen."""
MOST_FUNCTION = 45
"""The rule is about 30; this is where 'about' ends."""
MOST = {"chassis": 1500, "chassis/edge": 400}
"""Lines of code: without blank lines, comments and docstrings
(docs/decisions/0011-chassis-size.md)."""
ROOMS = frozenset({"api", "consumers", "handlers", "domain", "store", "events"})
NOWHERE = frozenset({"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"})
POLICE_WORDS = re.compile(
    r"volunteer|callout|report|duty|police|station|incident|patrol", re.IGNORECASE
)


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES, "split it by noun"


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_function_is_too_long(path: Path) -> None:
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not (path.name == "main.py" and node.name == "build")
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MOST_FUNCTION
    ]
    assert long == []


def test_no_room_is_called_after_nothing() -> None:
    assert [
        name(path)
        for path in modules()
        if NOWHERE & {*path.relative_to(ROOT).with_suffix("").parts}
    ] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_shows_its_routes_and_topics_on_one_screen(service: str) -> None:
    main = ROOT / "services" / service / "main.py"
    (build,) = (
        n for n in parsed(main).body if isinstance(n, ast.FunctionDef) and n.name == "build"
    )
    called = {
        node.func.attr
        for node in ast.walk(build)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert {"routes", "consumes"} <= called, "build lists routers and subscriptions itself"
    assert (build.end_lineno or 0) - build.lineno < MOST_MAIN, "what is wired fits on one screen"
    assert (ROOT / "services" / service / "README.md").is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_routes_stand_in_api_and_subscriptions_in_consumers(service: str) -> None:
    for path in (path for path in modules() if path.is_relative_to(ROOT / "services" / service)):
        if "tests" in path.parts:
            continue
        names = {node.id for node in ast.walk(parsed(path)) if isinstance(node, ast.Name)}
        if "APIRouter" in names:
            assert path.stem == "api", f"{name(path)}: routes stand in api.py"
        if "Subscription" in names:
            assert path.stem in ("consumers", "main"), (
                f"{name(path)}: subscriptions stand in consumers.py"
            )


def _tokens(path: Path) -> Iterator[tokenize.TokenInfo]:
    """The code of a file without comments and docstrings."""
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.STRING and before in (
            tokenize.NEWLINE,
            tokenize.INDENT,
            tokenize.DEDENT,
        ):
            continue
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
            yield token


def _chassis(package: str = "chassis") -> list[Path]:
    return [p for p in modules() if p.parent == ROOT / package]


@pytest.mark.parametrize("package", MOST)
def test_the_chassis_is_small(package: str) -> None:
    structure = (
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    )
    lines = {
        (path, line)
        for path in _chassis(package)
        for token in _tokens(path)
        if token.type not in structure
        for line in range(token.start[0], token.end[0] + 1)
    }
    assert len(lines) <= MOST[package]


@pytest.mark.parametrize("path", [path for package in MOST for path in _chassis(package)], ids=name)
def test_the_chassis_knows_no_word_of_the_police(path: Path) -> None:
    assert [token.string for token in _tokens(path) if POLICE_WORDS.search(token.string)] == []
