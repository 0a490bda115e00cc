"""Measures the house: `python -m tests.architecture.measure [FOLDER] [--commits RANGE]`.

FOLDER is a checkout of this project, of any age; the rows are those of
docs/architecture/house.md.
"""

import argparse
import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median

from tests.architecture.code import code_lines, long_definitions
from tests.architecture.tree import CODE

ROLES = frozenset({"__init__", "api", "handlers", "domain", "store", "events"})


def python_files(root: Path) -> list[Path]:
    return [
        path
        for folder in CODE
        for path in sorted((root / folder).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]


def nouns(root: Path, service: str) -> list[Path]:
    """Folders of a service that hold code of its own."""
    found = (path for path in (root / "services" / service).iterdir() if path.is_dir())
    return sorted(
        p for p in found if p.name not in ("tests", "__pycache__") and any(p.glob("*.py"))
    )


def services(root: Path) -> list[str]:
    return sorted(path.parent.name for path in (root / "services").glob("*/main.py"))


def outside_roles(root: Path) -> list[Path]:
    """Files of nouns that are none of the promised ones."""
    return [
        path
        for service in services(root)
        for noun in nouns(root, service)
        if noun.name != "replicas"
        for path in sorted(noun.glob("*.py"))
        if path.stem not in ROLES
    ]


def imports_between(root: Path, service: str) -> Mapping[str, set[str]]:
    """Noun -> nouns of the same service that it imports."""
    prefix = f"services.{service}."
    found: dict[str, set[str]] = {}
    for noun in nouns(root, service):
        wanted = found.setdefault(noun.name, set())
        for path in noun.rglob("*.py"):
            for module in _imported(path):
                if module.startswith(prefix):
                    wanted.add(module.removeprefix(prefix).split(".")[0])
        wanted.discard(noun.name)
    return {noun: wanted & found.keys() for noun, wanted in found.items()}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def circles(graph: Mapping[str, set[str]]) -> list[str]:
    """Nouns that reach each other."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            for following in graph[todo.pop()] - seen:
                seen.add(following)
                todo.append(following)
        return seen

    reached = {noun: reach(noun) for noun in graph}
    return sorted(f"{a} - {b}" for a in graph for b in reached[a] if a < b and a in reached[b])


def chassis_lines(root: Path) -> Mapping[str, tuple[int, int]]:
    """Package -> (lines of code, all lines), tests left out."""
    totals: dict[str, tuple[int, int]] = {}
    for path in sorted((root / "chassis").rglob("*.py")):
        if "tests" in path.parts or "__pycache__" in path.parts:
            continue
        package = str(path.parent.relative_to(root))
        code, all_lines = totals.get(package, (0, 0))
        text = path.read_text("utf-8")
        totals[package] = code + code_lines(text), all_lines + len(text.splitlines())
    return totals


def _count(paths: Iterable[Path], pattern: str) -> int:
    expression = re.compile(pattern, re.MULTILINE)
    return sum(len(expression.findall(path.read_text("utf-8"))) for path in paths)


def idioms(root: Path) -> Iterator[tuple[str, int]]:
    """(task, how many ways of doing it stand in the code)."""
    files = [p for p in python_files(root) if p.parts[len(root.parts)] in ("chassis", "services")]
    product = [p for p in files if "tests" not in p.parts]
    yield "classes for a refusal", _count(product, r"^class (Refusal|Problem)\(Exception\)")
    yield (
        "places that make HTTP statuses of refusals",
        _count(product, r"^(async )?def (told|problem_of|_on_refusal|_on_problem|_refusal_of)\("),
    )
    yield "modules that only pass events on", sum(p.stem == "consumers" for p in product)
    yield "'highest sequence wins' written out", _count(product, r'"seq": \{"\$lt"')
    yield "encodings of a page's cursor", _count(product, r"^def (cursor_of|to_cursor)\(")
    yield (
        "ways to create on the first change",
        _count(product, r"^async def change_or_begin|create: A \| None"),
    )
    yield "services whose policy is data", len(list((root / "services").glob("*/**/policy.toml")))


def rows(root: Path, commits: str) -> Iterator[tuple[str, str]]:
    files = python_files(root)
    yield "files of nouns outside the promised roles", str(len(outside_roles(root)))
    for service in services(root):
        found = circles(imports_between(root, service))
        yield f"circles between the nouns of {service}", ", ".join(found) or "none"
    for task, ways in idioms(root):
        yield task, str(ways)
    for package, (code, everything) in chassis_lines(root).items():
        yield f"lines of {package}: code (all)", f"{code} ({everything})"
    longest = max(files, key=lambda path: len(path.read_text("utf-8").splitlines()))
    lines = len(longest.read_text("utf-8").splitlines())
    yield "longest file", f"{longest.relative_to(root)}, {lines}"
    name, length = max(
        (
            (f"{path.relative_to(root)}: {name}", length)
            for path in files
            for name, length in long_definitions(ast.parse(path.read_text("utf-8")), 0)
        ),
        key=lambda found: found[1],
    )
    yield "longest function", f"{name}, {length}"
    yield "`fmt: skip`", str(_count(files, r"# fmt: skip$"))
    yield "median length of a commit's subject", f"{_subjects(root, commits):g}"


def _subjects(root: Path, commits: str) -> float:
    log = subprocess.run(
        ["git", "log", "--format=%s", commits], cwd=root, capture_output=True, text=True, check=True
    )
    return median(len(line) for line in log.stdout.splitlines())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    parser.add_argument("--commits", default="HEAD", help="range of commits, as git log takes it")
    chosen = parser.parse_args()
    for what, found in rows(chosen.folder.resolve(), chosen.commits):
        sys.stdout.write(f"| {what} | {found} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
