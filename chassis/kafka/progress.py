"""How far a member of a consumer group is with one partition."""

from dataclasses import dataclass, field


@dataclass
class PartitionProgress:
    """In offsets: each is the next one, so `committed` is not processed yet."""

    committed: int
    """What the group knows to be processed."""
    fetched: int = 0
    in_flight: dict[int, None] = field(default_factory=dict[int, None])
    """Fetched and not processed, in order."""

    @property
    def processed(self) -> int:
        """Everything before this is processed."""
        return next(iter(self.in_flight), self.fetched)
