"""What a member of a consumer group has in hand of one partition."""

from dataclasses import dataclass, field


@dataclass
class Share:
    """In offsets. `undone` stays in order because a partition is fetched in order."""

    committed: int
    """Up to here the group knows that all was dealt with."""
    next: int = 0
    """What comes after all that was fetched."""
    undone: dict[int, None] = field(default_factory=dict[int, None])
    """Of what was fetched, in order."""

    @property
    def dealt(self) -> int:
        """Up to here all was dealt with."""
        return next(iter(self.undone), self.next)
