"""The facts of a check of hours, as events. Pure."""

from datetime import datetime

from contracts.events import dispatch as contract


def checked(
    check: str, volunteer: str, callout: str, since: datetime, minutes: int, by: str
) -> contract.HoursChecked:
    return contract.HoursChecked(
        check=check,
        volunteer=volunteer,
        callout=callout,
        since=since,
        minutes=minutes,
        checked_by=by,
    )
