"""Local time in Jinan, and how long a way takes on foot."""

from datetime import date, datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one time zone and no summer time."""


def local_date(now: datetime) -> date:
    return now.astimezone(LOCAL).date()


def is_night(now: datetime, from_hour: int, until_hour: int) -> bool:
    """Whether the local hour lies in [from_hour, until_hour), a span over midnight."""
    hour = now.astimezone(LOCAL).hour
    return hour >= from_hour or hour < until_hour


def minutes_on_foot(distance_m: float, metres_per_second: float, detour: float) -> float:
    """`detour`: length of the way / distance on the map."""
    return distance_m * detour / metres_per_second / 60
