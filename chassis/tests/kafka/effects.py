"""One effect of each event of one test, and failures on demand."""

from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.tests.counter import Counted, Counters, apply, total
from tests.support.waiting import eventually


class Effects:
    """Counts each event in the counter it names. Ignores other tests' events, which are those of
    counters that do not begin with `name`.

    `failing`: what the handler raises for a counter. `calls` and `failures` count its runs.
    """

    def __init__(self, counters: Counters, name: str) -> None:
        self._counters, self._name = counters, name
        self.calls = self.failures = 0
        self.failing: dict[str, Exception] = {}

    async def handle(self, event: Counted, message: Message) -> None:
        if not event.counter.startswith(self._name):
            return
        self.calls += 1
        if error := self.failing.get(event.counter):
            self.failures += 1
            raise error
        await apply(self._counters, event, message)

    @property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions().on(Counted, self.handle)

    async def wait_for(self, counter: str, expected: int) -> None:
        """Until the counter has this total."""

        async def reached() -> bool:
            return await total(self._counters, counter) == expected

        await eventually(reached, what=f"total {expected} of {counter}")
