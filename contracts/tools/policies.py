"""Holds the numbers of published policy versions: `python -m contracts.tools.policies [--release]`.
Ends with 1 and says what is wrong.

A version that was published decides for what was recorded under it, so no number of it changes; a
new number may be added to it. --release takes new versions and new numbers for published.
"""

import argparse
import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "contracts" / "policies.json"
Values = dict[str, dict[str, Any]]
"""Policy and version -> number -> value."""


def current(root: Path = ROOT) -> Values:
    """As it is in the tree. Of the signs of danger the whole text is one value."""
    found: Values = {}
    for path in sorted(root.glob("services/*/policy.toml")):
        for policy in tomllib.loads(path.read_text("utf-8"))["policy"]:
            name = f"{path.parent.name} {policy['version']}"
            found[name] = {key: _plain(value) for key, value in _leaves(policy) if key != "version"}
    for path in sorted(root.glob("services/incidents/routing/domain/signs-*.toml")):
        text = path.read_text("utf-8")
        found[path.stem.replace("-", " ", 1)] = {
            "sha256": hashlib.sha256(text.encode()).hexdigest()
        }
    return found


def changes(released: Values, present: Values) -> Iterator[str]:
    """What of the published is not as it was."""
    for version, numbers in released.items():
        if version not in present:
            yield f"{version}: is gone. Right: keep it, what was decided under it names it."
            continue
        for name, value in numbers.items():
            now = present[version].get(name)
            if now != value:
                yield (
                    f"{version}: {name} was {value}, is {now}. "
                    "Right: restore it, and add a version with a valid_from of its own."
                )


def missing(released: Values, present: Values) -> Iterator[str]:
    """What is not published yet."""
    for version, numbers in present.items():
        for name in numbers.keys() - released.get(version, {}).keys():
            yield f"{version}: {name} is new. Right: python -m contracts.tools.policies --release"


def read_released() -> Values:
    return json.loads(RELEASED.read_text("utf-8")) if RELEASED.exists() else {}


def _leaves(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{key}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield before + key, value


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--release", action="store_true")
    chosen, released, present = options.parse_args(), read_released(), current()
    wrong = [*changes(released, present)]
    if chosen.release and not wrong:
        text = json.dumps(present, indent=1, ensure_ascii=False, sort_keys=True)
        RELEASED.write_text(text + "\n", "utf-8")
    elif not chosen.release:
        wrong += missing(released, present)
    sys.stdout.write("\n".join(wrong or ["policies: as published"]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
