"""What clients asked of the platform, and what it answered."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

Key = str
"""An Idempotency-Key."""


@dataclass
class ClientLog:
    """`acknowledged`: by verb and key, the ids that were answered 2xx."""

    acknowledged: dict[str, dict[Key, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set[str]))
    )
    answers: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    """(verb, status) of every answer."""
    broken: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """(verb, kind of error) of every request without an answer."""
    unanswered: dict[Key, str] = field(default_factory=dict[Key, str])
    """The verb of each key that has no answer yet."""

    def ids(self, verb: str) -> set[str]:
        """Everything acknowledged for this verb."""
        return {id for ids in self.acknowledged[verb].values() for id in ids}

    def count(self, verb: str) -> int:
        """How many keys were acknowledged."""
        return len(self.acknowledged[verb])

    def ambiguous(self) -> list[Key]:
        """Keys that were answered with more than one id."""
        keys = (item for by_key in self.acknowledged.values() for item in by_key.items())
        return [key for key, ids in keys if len(ids) > 1]

    def statuses(self) -> Counter[int]:
        """How often each status was answered."""
        found: Counter[int] = Counter()
        for (_, status), times in self.answers.items():
            found[status] += times
        return found
