"""What is asked before a report is filed: whether it was filed a moment ago, and whether who has no
account filed too many. A file of its own because `handlers.py` would exceed 300 lines with it."""

import math
import secrets
import unicodedata

from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal
from chassis.limits.quota import Quota
from services.incidents.report.domain.report import Report
from services.incidents.report.handlers import NewReport, ReportHandlers
from services.incidents.report.recent_filings import RecentFilings
from services.incidents.report.store import Reports

_PLACE_DIGITS = 4
"""Of a degree: some ten metres."""


class FilingHandlers:
    """`by_address` limits reports without an account; those of an account are limited by
    `FilingLimit`, which counts what is stored."""

    def __init__(
        self, reports: ReportHandlers, stored: Reports, recent: RecentFilings, by_address: Quota
    ) -> None:
        self._reports, self._stored = reports, stored
        self._recent, self._by_address = recent, by_address

    async def file(
        self, new: NewReport, who: Principal | None, cause: Cause, address: str
    ) -> tuple[Report, str | None]:
        """The report, and the key of an anonymous one. The same words and place, from the same
        account, or without one from the same address, are one report for a minute.

        Without an account the key is given to who filed it first, and to a repeat that proves to
        come from the same phone; to nobody else.
        """
        if who is None:
            await self._require_room(address)
            cause = cause if cause.proven else Cause(secrets.token_hex(16))
        sender = who.subject if who else f"address {address}"
        first = await self._recent.cause_of(_content(new, sender), cause)
        if first != cause and await self._stored.get(cause.derive("rep")):
            first = cause  # it has a report of its own, and what was kept of it is lost
        report, key = await self._reports.file(new, who, first)
        return report, key if who is not None or first == cause else None

    async def _require_room(self, address: str) -> None:
        if wait := await self._by_address.wait(address):
            raise Refusal("too_many_reports", retry_after=wait, minutes=math.ceil(wait / 60))


def _content(new: NewReport, sender: str) -> str:
    """What makes two requests the same report."""
    words = "".join(unicodedata.normalize("NFKC", new.text).split())
    place = (round(new.point.longitude, _PLACE_DIGITS), round(new.point.latitude, _PLACE_DIGITS))
    return repr((sender, words, *place, new.datum, new.photo, new.anonymous, new.finished))
