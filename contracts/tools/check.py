"""Checks the contracts: `python -m contracts.tools.check [--release]`. Ends with 1 and says what is
wrong.

--release  takes the contracts as they are for released, unless they break what was: from then on
           only additions pass
"""

import argparse
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.envelope import Envelope, Event
from contracts.tools import asyncapi
from contracts.tools.evolution import Released, breaks, released_form

RELEASED = Path(__file__).parents[2] / "api" / "released.json"


def badly_described(events: Sequence[type[Event]]) -> Iterator[str]:
    """Events without a docstring, with a key that is not one of their fields, or with an example
    that does not fit."""
    for event in events:
        if not vars(event).get("__doc__"):
            yield (
                f"{event.__name__}: has no docstring. "
                "Right: one line that says what happened, in the past tense."
            )
        keys = {event.key, event.ordering_key or event.key}
        for key in sorted(keys - event.model_fields.keys()):
            yield (
                f"{event.__name__}: key '{key}' is not one of its fields. "
                f"Right: one of {', '.join(event.model_fields)}."
            )
        yield from _bad_example(event)


def _bad_example(event: type[Event]) -> Iterator[str]:
    try:
        event.model_validate(event.example)
    except ValidationError as error:
        for item in error.errors():
            path = ".".join(str(part) for part in item["loc"])
            yield (
                f"{event.__name__}.{path}: its example does not fit: {item['msg']}. "
                "Right: correct the example."
            )
    for name in event.example.keys() - event.model_fields.keys():
        yield (
            f"{event.__name__}.{name}: is in the example but not a field. "
            "Right: remove it, or add the field."
        )


def current() -> Released:
    """The contracts as the code has them."""
    return {"Envelope": released_form(Envelope)} | {
        e.__name__: released_form(e) for e in asyncapi.published()
    }


def released(path: Path) -> Released:
    """The contracts as they were last released."""
    return json.loads(path.read_text("utf-8"))


def findings(release: Path = RELEASED) -> list[str]:
    """Everything that is wrong, each in one line; empty when all is well."""
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: badly_described(asyncapi.published()),
        lambda: breaks(released(release), current()),
    )
    return [line for check in checks for line in check()]


def main(arguments: Sequence[str] | None = None, release: Path = RELEASED) -> int:
    parser = argparse.ArgumentParser(
        prog="contracts.tools.check", description=inspect.getdoc(sys.modules[__name__])
    )
    parser.add_argument(
        "--release", action="store_true", help="take the contracts as they are for released"
    )
    chosen = parser.parse_args(arguments)
    if chosen.release and not [*breaks(released(release), current())]:
        release.write_text(_as_json(current()), "utf-8")
    wrong = findings(release)
    sys.stdout.writelines(
        f"{line}\n" for line in wrong or [f"contracts: {len(current()) - 1} events, all well"]
    )
    return 1 if wrong else 0


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(main())
