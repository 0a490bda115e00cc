"""Tries texts: `make routing FILE=texts.jsonl` reads lines `{"text", "role", "given", "before"}`
and prints for each, as JSON, what would happen. Only `text` is needed.

`triage` true: a person looks first and nobody is called; `route` is what it would be. `danger`:
none, suspected or sure. `confidence`: probability that `route` is right.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.incidents.policy import POLICIES, IncidentsPolicy
from services.incidents.routing.domain import RoutingInput, classify
from services.incidents.routing.domain.reasons import reasons

_NOON = datetime(2026, 11, 28, 4, tzinfo=UTC)
"""By night more people are sent: no text is read differently."""


def tried(line: str, policy: IncidentsPolicy) -> dict[str, Any]:
    """Raises ValueError for a line that is no such JSON object."""
    asked = json.loads(line)
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        raise ValueError('needs a "text"')
    given = RoutingInput(
        asked["text"],
        asked.get("given"),
        asked.get("role") or "resident",
        before=asked.get("before"),
    )
    decision = classify(given, policy, _NOON)
    return {
        "category": decision.category,
        "route": decision.route,
        "triage": decision.triage is not None,
        "danger": decision.danger,
        "confidence": decision.confidence,
        "because": [reason.zh for reason in reasons(decision.because)],
    }


def answers(lines: Iterator[str], policy: IncidentsPolicy) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield json.dumps(tried(line, policy), ensure_ascii=False)
        except ValueError as error:
            raise SystemExit(f"line {number}: {error}") from error


def main(argv: list[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--policy", help="a version; without it the newest")
    chosen = options.parse_args(argv)
    policy = POLICIES.of(chosen.policy) if chosen.policy else POLICIES.at(_NOON)
    with chosen.file.open(encoding="utf-8") as lines:
        for answer in answers(lines, policy):
            sys.stdout.write(answer + "\n")


if __name__ == "__main__":
    main()
