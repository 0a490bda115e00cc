"""Marks of what was sent. A file of its own because `store.py` would exceed 300 lines with it."""

from collections import defaultdict
from collections.abc import Iterable

from chassis.clock import Clock
from chassis.tasks.schedule import Schedule
from services.notify.inbox.domain import parse_personal_id
from services.notify.inbox.store import Inbox

_COLLECTED = 0.25
"""Seconds for which marks are collected."""


class DeliveryMarks:
    """What was sent, collected and written together, off the hot path. Nothing is due in `schedule`
    while there is nothing to write."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._inbox, self._clock = inbox, clock
        self.schedule = Schedule(clock)
        self._sent: set[str] = set()
        self._partly_sent: defaultdict[str, set[str]] = defaultdict(set)
        self._streamed: defaultdict[str, set[str]] = defaultdict(set)

    def sent(self, message: str) -> None:
        """It was sent to all its recipients' live streams, or need not be any more."""
        self._sent.add(message)
        self._note()

    def partly_sent(self, message: str, accounts: Iterable[str]) -> None:
        """It was sent to the live streams of these; others still wait."""
        self._partly_sent[message].update(accounts)
        self._note()

    def streamed(self, id: str) -> None:
        """A person's message was written to an open stream of theirs."""
        message, account = parse_personal_id(id)
        self._streamed[message].add(account)
        self._note()

    async def write(self) -> None:
        """What cannot be written now is kept for the next time."""
        sent, self._sent = self._sent, set()
        partly_sent, self._partly_sent = self._partly_sent, defaultdict(set)
        streamed, self._streamed = self._streamed, defaultdict(set)
        try:
            await self._inbox.mark(sent, partly_sent, streamed, self._clock.now())
        except BaseException:
            self._sent |= sent
            for kept, marks in ((self._partly_sent, partly_sent), (self._streamed, streamed)):
                for message, accounts in marks.items():
                    kept[message] |= accounts
            raise

    def _note(self) -> None:
        self.schedule.note(self._clock.now() + self._clock.span(_COLLECTED))
