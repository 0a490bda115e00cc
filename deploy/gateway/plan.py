"""What the gateway cannot derive from the services: rates, sampling, sizes and times.

Nouns, their services and what needs no token come from the services' OpenAPI documents
(`surface.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

API = "/api/v1"
ISSUER = "quancheng"
AUDIENCE = "quancheng-api"
SERVICES = ("registration", "incidents", "dispatch", "notify")
APPS = "apps"
"""The server of the apps' files: whatever is no path of the API is asked of it."""

USUAL_SAMPLING = 10
SAMPLING: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("reports", "follow-ups", "photos", "log-entries"), 100),
        **dict.fromkeys(("callouts", "service-records"), 100),
        "categories": 1,
        "positions": 1,
    }
)
"""Noun -> share of its requests that are traced, in per cent: the main job in full, what phones
send all the time hardly."""


class Window(NamedTuple):
    """A span over which requests are counted. A bucket holds one span's worth and fills evenly."""

    name: str
    seconds: int
    retry_after: int
    """What a refused caller is told to wait, in seconds: in that time a part of the bucket comes
    back, of the day's only a small one."""


WINDOWS = (Window("second", 1, 1), Window("minute", 60, 60), Window("day", 86_400, 3600))


@dataclass(frozen=True)
class Rate:
    """How many requests pass in each window; None: as many as the shorter windows let pass."""

    second: int
    minute: int | None = None
    day: int | None = None


@dataclass(frozen=True)
class Budget:
    """A rate of its own for what is done to some nouns, besides the one for everything. Counted by
    address, or where `by_account` is said and the request has a token, by account: an office behind
    one address is not held to what one stranger may do."""

    name: str
    nouns: tuple[str, ...]
    reads_too: bool = False
    by_account: bool = False
    path: str | None = None
    """Only paths of the noun that this regular expression matches, below `/api/v1/`."""


BUDGETS = (
    Budget("sign_in", ("sign-in-codes",)),
    Budget("sessions", ("sessions",), path="sessions(/browser)?"),
    Budget("refresh", ("sessions",), path="sessions/(browser/)?refresh"),
    # A number that is read without a token can be guessed at.
    Budget("follow_ups", ("follow-ups",), reads_too=True),
    Budget("reports", ("reports",), by_account=True),
    Budget("photos", ("photos",), by_account=True),
)


@dataclass(frozen=True)
class Rates:
    """How many requests pass: `<budget>` for all callers together, `<budget>_each` for one address,
    `<budget>_account` for one account.

    The rates of an address are what many honest people behind one need (an office, a hall where a
    squad signs in, a carrier's NAT), and stop a machine. The rates for all together protect the
    services and are far above what the city needs: a stranger with many addresses could use them up
    for everybody.
    """

    everything: Rate = Rate(4000)
    everything_each: Rate = Rate(500, 12_000)
    everything_account: Rate = Rate(50, 1200, 100_000)
    sign_in: Rate = Rate(300)
    sign_in_each: Rate = Rate(5, 30, 300)
    sessions: Rate = Rate(300)
    sessions_each: Rate = Rate(5, 60, 600)
    refresh: Rate = Rate(1000)
    refresh_each: Rate = Rate(50, 600, 100_000)
    follow_ups: Rate = Rate(300)
    follow_ups_each: Rate = Rate(10, 60, 2000)
    reports: Rate = Rate(1000)
    reports_each: Rate = Rate(5, 30, 500)
    reports_account: Rate = Rate(10, 120, 5000)
    photos: Rate = Rate(200)
    photos_each: Rate = Rate(5, 30, 500)
    photos_account: Rate = Rate(10, 60, 1000)
    docs_each: Rate = Rate(60, 60)
    """The gateway's own pages, up to 1.5 MB each; by the minute."""


@dataclass(frozen=True)
class Limits:
    """Sizes and times of the gateway: bytes, seconds, counts."""

    body: int = 64 * 1024
    """Read whole before a service hears of the request, so that a slow sender holds nothing there.
    The largest that a service takes, 50 positions, has less than 16 kB."""
    photo: int = 16 * 1024 * 1024
    """Passed on piece by piece. The service takes 5 MB and reads the rest away, so that a phone,
    which reads an answer only after it sent everything, learns why. Beyond this the connection
    breaks for whoever sends on."""
    buffer: int = 64 * 1024
    """Of one connection, in each direction."""
    timeout: int = 15
    """For an answer, from the end of the request on."""
    silence: int = 30
    """Between two pieces of a request or an answer."""
    duration: int = 300
    """Of a request and its answer, so that no sender holds on for ever: a photo of 5 MB at 17 kB/s.
    Streams have none."""
    write: int = 60
    """Of a request whose body is read whole first: 64 KiB at 1 kB/s."""
    stream_idle: int = 3600
    headers_kb: int = 16
    headers_count: int = 64
    heap: int = 384 * 1024 * 1024
    """What the gateway may allocate: near it, it gives up the requests that hold the most memory,
    then takes no more. Less than its container has."""
    connections: int = 20_000
    requests: int = 4096
    """In flight to one service; more are answered 503 at once."""
    streams: int = 15_000
    counted: int = 10_000
    """Addresses, and accounts, that are counted at a time in each rate: the last that asked."""
    rates: Rates = field(default_factory=Rates)


LOCAL_ORIGINS = (r"https?://(localhost|127\.0\.0\.1)(:\d+)?",)
"""Regular expressions of the origins of development."""
LOCAL_NETWORKS = ("127.0.0.1/32",)
"""On one machine everybody has this address (the demonstration, the tests, the benchmarks), so it
has no rates of its own. Tests of the rates ask from 127.0.0.2."""
