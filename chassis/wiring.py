"""What a service reacts to, and what runs and ends with it. Used as `Service`."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from chassis.domain import A
from chassis.kafka.subscriptions import Reaction, Subscriptions
from chassis.mongo.repository import Repository
from chassis.server.watchdog import Checks
from chassis.snapshots.restating import StateOf
from chassis.tasks.schedule import Schedule
from contracts.envelope import Event

E = TypeVar("E", bound=Event)
Step = Callable[[], Awaitable[object]]
DueStep = Callable[[], Awaitable[datetime | None]]


class Wiring:
    """The part of a service that `main.py` fills in."""

    def __init__(self) -> None:
        self.subscriptions, self.checks = Subscriptions(), Checks()
        self.kept = Subscriptions()
        self.restated: list[tuple[Repository[Any], StateOf]] = []
        self._linger, self._lingering = 0.0, frozenset[str]()
        self._steps: list[tuple[str, Step, float]] = []
        self._due_steps: list[tuple[str, DueStep, Schedule]] = []
        self._starters: list[Step] = []
        self._stoppers: list[Step] = []
        self._before_shutdown: list[Callable[[], None]] = []

    def on(self, event: type[E], *handlers: Reaction[E], ordered_by: str | None = None) -> None:
        """Call the handlers, one after another, with each such event and where it came from. A
        repeat has the same `message.cause`. `ordered_by`: see `Subscriptions.on`."""
        self.subscriptions.on(event, *handlers, ordered_by=ordered_by)

    def keeps(self, event: type[E], *handlers: Reaction[E]) -> None:
        """As `on`, for handlers that keep a replica of others' state: where it is new or empty,
        they get what the publisher's snapshot holds before the service serves. They do nothing
        else, and the highest `seq` wins.

        Raises ValueError for an event that is no state.
        """
        if not event.state:
            raise ValueError(f"{event.__name__} is no state: there is no snapshot of it")
        self.kept.on(event, *handlers)
        self.subscriptions.on(event, *handlers)

    def restates(self, repository: Repository[A], state_of: Callable[[A], Sequence[Event]]) -> None:
        """What others keep of these aggregates, as events: `ops.snapshots` publishes it anew."""
        self.restated.append((repository, state_of))

    def lingers(self, seconds: float, *topics: str) -> None:
        """Nobody waits for what these topics' events do here: after some came, those of the next
        moment come together. A consumer of its own reads them, so that other topics do not wait.
        The first event after a rest does not wait."""
        self._linger, self._lingering = seconds, frozenset(topics)

    def _groups(self, name: str) -> Iterator[tuple[str, Subscriptions, float]]:
        """Of those with subscriptions: the group's name, what it reads, and how long it lingers."""
        prompt = frozenset(self.subscriptions.topics) - self._lingering
        for group, topics, linger in (
            (name, prompt, 0.0),
            (f"{name}-lingering", self._lingering, self._linger),
        ):
            subscriptions = self.subscriptions.only(topics)
            if subscriptions.topics:
                yield group, subscriptions, linger

    def runs(self, name: str, step: Step, every: float) -> None:
        """Call `step` repeatedly, with `every` seconds in between; an error is logged."""
        self._steps.append((name, step, every))

    def runs_when_due(self, name: str, step: DueStep, schedule: Schedule) -> None:
        """Call `step` when something noted in the schedule is due, and now and then for what other
        replicas noted: see `Schedule.run`."""
        self._due_steps.append((name, step, schedule))

    def starts(self, start: Step, stop: Step | None = None) -> None:
        """Started before the service serves, stopped last: a Redis client, a hub of streams."""
        self._starters.append(start)
        if stop is not None:
            self._stoppers.append(stop)

    def before_shutdown(self, end: Callable[[], None]) -> None:
        """Called first at shutdown: ends open streams."""
        self._before_shutdown.append(end)
