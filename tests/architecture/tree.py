"""The project's own files, as the tests of this folder walk them."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("registration", "incidents", "dispatch", "notify")
CODE = (
    "jinan",
    "contracts",
    "chassis",
    "services",
    "deploy",
    "ops",
    "simulation",
    "tests",
    "bench",
)
_GENERATED = (".quancheng", ".git", "__pycache__", "node_modules", ".venv")


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project: what git knows or would add, else all that is not
    generated."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=30,
    )
    if listing.returncode == 0:
        found = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        found = [
            path for path in ROOT.rglob("*") if not any(part in _GENERATED for part in path.parts)
        ]
    return tuple(sorted(path for path in found if path.is_file()))


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the project."""
    return tuple(
        path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in CODE
    )


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name(path: Path) -> str:
    """How the test's messages and ids call a file."""
    return str(path.relative_to(ROOT))
