"""What people asked of the platform and what it answered: L, the things that it said were done, and
all the rest."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

Key = str
"""An Idempotency-Key."""


@dataclass
class Record:
    """`done`: for each verb, the ids that were answered 2xx, by the key that they were asked
    with."""

    done: dict[str, dict[Key, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set[str]))
    )
    answers: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    """(verb, status) of every answer."""
    broken: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """(verb, kind of error) of every request that got none."""
    waiting: dict[Key, str] = field(default_factory=dict[Key, str])
    """Asked and not answered yet, by key: its verb."""

    def of(self, verb: str) -> set[str]:
        """L of this verb."""
        return {id for ids in self.done[verb].values() for id in ids}

    def count(self, verb: str) -> int:
        """How many keys were answered 2xx."""
        return len(self.done[verb])

    def differing(self) -> list[Key]:
        """Keys that were answered with more than one id."""
        return [key for keys in self.done.values() for key, ids in keys.items() if len(ids) > 1]

    def statuses(self) -> Counter[int]:
        """How often each status was answered."""
        found: Counter[int] = Counter()
        for (_, status), times in self.answers.items():
            found[status] += times
        return found
