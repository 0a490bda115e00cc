"""Local time and working days in Jinan, and how long a walk takes."""

from datetime import UTC, date, datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one time zone and no daylight saving time."""


def local_date(now: datetime) -> date:
    return now.astimezone(LOCAL).date()


def is_night(now: datetime, from_hour: int, until_hour: int) -> bool:
    """Whether the local hour lies in [from_hour, 24) or [0, until_hour)."""
    hour = now.astimezone(LOCAL).hour
    return hour >= from_hour or hour < until_hour


def minutes_on_foot(distance_m: float, metres_per_second: float, detour: float) -> float:
    """Walking time in minutes. `detour`: length of the way over the straight line."""
    return distance_m * detour / metres_per_second / 60


def working_days_after(since: datetime, days: int) -> datetime:
    """The same local time of day `days` working days (Monday to Friday) later. A time at a weekend
    counts as the start of Monday."""
    local = since.astimezone(LOCAL)
    if local.weekday() >= 5:
        monday = local + timedelta(days=7 - local.weekday())
        local = monday.replace(hour=0, minute=0, second=0, microsecond=0)
    left = days
    while left > 0:
        local += timedelta(days=1)
        left -= local.weekday() < 5
    return local.astimezone(UTC)
