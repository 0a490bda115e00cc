"""No state lasts for ever: each one in the code is in `docs/architecture/ends.md` with its end."""

import ast
import re

from tests.architecture.tree import ROOT, parsed

PAGE = ROOT / "docs" / "architecture" / "ends.md"
_ROW = re.compile(r"^\| `(\w+)` (\w+) \|([^|]+)\|([^|]+)\|([^|]+)\|$", re.MULTILINE)
_NOT_OF_SOMETHING_KEPT = {"CandidacyState"}
"""CandidateState, and who was not called."""


def states() -> set[tuple[str, str]]:
    """(type, state) of every type of states: its name ends in State, or it is the Standing."""
    files = [*(ROOT / "services").rglob("*.py"), ROOT / "contracts" / "vocabulary.py"]
    found: set[tuple[str, str]] = set()
    for file in files:
        if "tests" in file.parts:
            continue
        for node in parsed(file).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if (name.endswith("State") or name == "Standing") and name[0] != "_":
                    found |= {(name, value) for value in _values(node.value)}
    return {one for one in found if one[0] not in _NOT_OF_SOMETHING_KEPT}


def _values(node: ast.expr) -> set[str]:
    """Of the Literal, not the name that TypeAliasType is given."""
    return {
        constant.value
        for literal in ast.walk(node)
        if isinstance(literal, ast.Subscript)
        for constant in ast.walk(literal.slice)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }


def rows() -> dict[tuple[str, str], tuple[str, ...]]:
    found = _ROW.findall(PAGE.read_text("utf-8"))
    return {(kind, state): tuple(cell.strip() for cell in rest) for kind, state, *rest in found}


def test_every_state_of_the_code_has_its_row_and_no_row_is_left_over() -> None:
    assert len(states()) > 40
    assert states() ^ rows().keys() == set()


def test_every_state_says_who_ends_it_and_after_how_long_or_is_an_end() -> None:
    unsaid = [
        state
        for state, (who, after, what) in rows().items()
        if not who
        or not after
        or not what
        or (who == "–") != (after == "–")
        or (who != "–" and what == "–")
    ]
    assert unsaid == []
