"""The form every event has on a topic."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """A fact of the past. Carries ids, codes, categories, states, times, counts and positions;
    nothing personal.

    Unknown fields are ignored by readers, so that a publisher may add some.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    key: ClassVar[str]
    """Name of the field whose value is the message key: all events of one aggregate keep their
    order."""
    ordering_key: ClassVar[str] = ""
    """Readers process events with the same value of this field in order, others side by side; a
    reader may choose another field. Empty: by `key`. For events of one aggregate that concern
    different people."""
    state: ClassVar[str] = ""
    """Names the part of the aggregate's state of which this event is the whole truth, as in
    `grants`; the highest `seq` counts. The last event of each part stands on the snapshot topic,
    too, for readers that begin later. Empty: the event is only a fact."""
    ends: ClassVar[tuple[str, ...]] = ()
    """Parts of the aggregate's state that are over with this event: they leave the snapshot
    topic."""
    example: ClassVar[dict[str, Any]]
    supersedes: ClassVar[tuple[type["Event"], ...]] = ()
    """Retired events that this one replaces: nobody publishes them any more. As long as topics may
    hold them, readers get them upcast."""

    @classmethod
    def upcast(cls, old: Any) -> Self:
        """The same fact as an event of today. `old` is an instance of one of `supersedes`."""
        raise NotImplementedError(f"{cls.__name__} supersedes nothing")


class Envelope(BaseModel):
    """A message's value (JSON): the event, and its place among the events of its aggregate.

    `id` is deterministic (`<kind>/<aggregate>/<seq>`), so a repeat has the same one; `seq` grows by
    one with each event of the aggregate, without gaps.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    type: str
    version: int = 1
    aggregate: str
    seq: int = Field(ge=1)
    at: datetime
    data: dict[str, Any]
