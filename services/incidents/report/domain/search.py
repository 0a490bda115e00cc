"""What somebody looks for in a list: a number as it was read out to them, or words, and days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chassis.domain import Refusal
from jinan.local_time import LOCAL, local_date
from services.incidents.policy import IncidentsPolicy
from services.incidents.report.domain import number

_DAYS = date(1971, 1, 1), date(9000, 1, 1)
"""Any day from before or after is taken as one of these: a store holds no others."""


@dataclass(frozen=True)
class Search:
    """As it was typed. `first` and `last`: local days, both included."""

    typed: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def words(self) -> str | None:
        return self.typed and self.typed.strip()

    @property
    def number(self) -> str | None:
        """The number that it is in any form. Raises Refusal for one with a wrong character."""
        try:
            return number.parse(self.typed, "query.q") if self.typed else None
        except Refusal as refusal:
            if refusal.code == "number_check" and (self.typed or "").upper().startswith("JN"):
                raise
            return None  # words

    def span(
        self, policy: IncidentsPolicy, now: datetime
    ) -> tuple[datetime | None, datetime | None]:
        """From and until when, as far as it is said. Words are looked for in a bounded number of
        days: the last ones, unless said. Raises Refusal."""
        first, last = (day and min(max(day, _DAYS[0]), _DAYS[1]) for day in (self.first, self.last))
        if first and last and last < first:
            raise Refusal("days_order", "query.to")
        if self.typed:
            rest = timedelta(days=policy.search_days - 1)
            last = last or (min(first + rest, _DAYS[1]) if first else local_date(now))
            first = first or last - rest
            if last - first > rest:
                raise Refusal("search_days", "query.from", days=policy.search_days)
        return first and _start(first), last and _start(last + timedelta(days=1))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)
