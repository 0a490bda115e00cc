"""What domain modules build on: a state that changes as a whole. Pure, so that a domain sees no
driver."""

from pydantic import BaseModel, ConfigDict


class Aggregate(BaseModel):
    """A state that changes as a whole. Frozen: a change makes a new one with
    `model_copy(update=...)`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 0
    """0: not stored yet. Kept by the repository; domain code leaves it alone."""
