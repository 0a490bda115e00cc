"""Which packages a service needs: what its modules import, what pyproject.toml declares for it,
and what its image installs."""

import ast
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution, packages_distributions, requires
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from sys import stdlib_module_names

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
FIRST_PARTY = ("jinan", "contracts", "chassis", "services", "ops")
"""The folders that an image contains."""
LOADED_BY_NAME = {
    "hiredis": "redis uses it where it is installed",
    "httptools": "uvicorn's HTTP parser",
    "opentelemetry-exporter-otlp-proto-http": "loaded as the entry point OTEL_TRACES_EXPORTER",
    "uvloop": "uvicorn's event loop",
}
"""Runtime packages that no module imports."""
_PYTHONS, _PLATFORMS = ("3.11", "3.13"), (("linux", "Linux", "posix"), ("win32", "Windows", "nt"))


def modules_of(*roots: str) -> set[Path]:
    """The first-party files that these modules import, directly or not, themselves included."""
    found, waiting = set[Path](), [*roots]
    while waiting:
        name = waiting.pop()
        package = name.rpartition(".")[0]
        if package:
            waiting.append(package)
        file = _file_of(name)
        if file is not None and file not in found:
            found.add(file)
            waiting += [name for name in _imports(file) if name.partition(".")[0] in FIRST_PARTY]
            waiting = [name for name in waiting if _file_of(name) not in found]
    return found


def _file_of(module: str) -> Path | None:
    path = ROOT / module.replace(".", "/")
    return next((f for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file()), None)


@cache
def _imports(file: Path) -> frozenset[str]:
    """Names that may be modules: of `from a import b` both `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def imported(files: set[Path]) -> set[str]:
    """The distributions that these files import themselves."""
    modules = {name for file in files for name in _imports(file)}
    others = {
        name
        for name in modules
        if name.partition(".")[0] not in stdlib_module_names | {*FIRST_PARTY}
    }
    return {found for name in others if (found := _distribution_of(name))}


@cache
def _distribution_of(module: str) -> str | None:
    """The distribution that holds a module, or its first name if none does. None where the name is
    that of a class or function."""
    top = module.partition(".")[0]
    names = _installed().get(top, [top])
    if len(names) == 1:
        return canonicalize_name(names[0])
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None:  # A name inside a module, or a namespace.
        return None
    return next(name for name in names if Path(spec.origin) in _files(name))


@cache
def _installed() -> Mapping[str, list[str]]:
    return packages_distributions()


@cache
def _files(name: str) -> frozenset[Path]:
    return frozenset(Path(str(file.locate())) for file in distribution(name).files or ())


@cache
def _project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def declared(service: str) -> list[Requirement]:
    """What pyproject.toml asks for: for every service and for this one."""
    extras = _project()["optional-dependencies"]
    return [Requirement(line) for line in [*_project()["dependencies"], *extras[service]]]


def names_of(requirements: list[Requirement]) -> set[str]:
    """Their names, with what their extras bring."""
    direct = {canonicalize_name(requirement.name) for requirement in requirements}
    return direct | {extra for requirement in requirements for extra in requirement.extras}


def needed(requirements: list[Requirement], everywhere: bool) -> set[str]:
    """The requirements with all that they depend on: here, or on any Python and system."""
    found, waiting = set[tuple[str, str]](), [*requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in found:
                found.add((name, extra))
                waiting += _requirements_of(name, extra, everywhere)
    return {name for name, _ in found}


def _requirements_of(name: str, extra: str, everywhere: bool) -> list[Requirement]:
    here = [{"extra": extra}]
    systems = [
        {
            "extra": extra,
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": platform,
            "platform_system": system,
            "os_name": os,
        }
        for python, (platform, system, os) in product(_PYTHONS, _PLATFORMS)
    ]
    try:
        lines = requires(name) or []
    except ModuleNotFoundError:  # Of another system.
        return []
    return [
        requirement
        for requirement in map(Requirement, lines)
        if requirement.marker is None
        or any(map(requirement.marker.evaluate, systems if everywhere else here))
    ]


def locked(file: Path) -> dict[str, set[str]]:
    """Package -> the versions that a lock file pins, one for each Python."""
    found: dict[str, set[str]] = {}
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", file.read_text("utf-8"), re.MULTILINE)
    for name, version in pins:
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found
