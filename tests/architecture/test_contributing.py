"""The page that teaches a noun is true: what its examples import is there."""

import ast
import re
from importlib import import_module
from importlib.util import find_spec

from tests.architecture.tree import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = [ast.parse(block) for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)]
NEW = "services.dispatch.post"
"""The noun that the page adds."""


def test_the_examples_import_what_is_there() -> None:
    wanted = [
        (node.module, alias.name)
        for example in EXAMPLES
        for node in ast.walk(example)
        if isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(NEW)
        for alias in node.names
    ]
    assert wanted
    assert [f"{module}.{name}" for module, name in wanted if not _exists(module, name)] == []


def _exists(module: str, name: str) -> bool:
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None


def test_each_file_of_a_noun_has_its_example() -> None:
    assert len(EXAMPLES) >= 5
    for file in ("domain.py", "events.py", "store.py", "handlers.py", "api.py", "test_post.py"):
        assert file in PAGE
