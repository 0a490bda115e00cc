"""What the gateway cannot derive from the services: rates, sampling, sizes and times.

Nouns, their services and what needs no token come from the services' OpenAPI documents
(`surface.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

API = "/api/v1"
ISSUER = "quancheng"
AUDIENCE = "quancheng-api"
SERVICES = ("registration", "incidents", "dispatch", "notify")

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


@dataclass(frozen=True)
class Budget:
    """A rate limit of its own for what writes to some nouns, besides the one for everything."""

    name: str
    nouns: tuple[str, ...]
    reads_too: bool = False


BUDGETS = (
    Budget("sign_in", ("sign-in-codes",)),
    Budget("sessions", ("sessions",)),
    # A number that is read without a token can be guessed at.
    Budget("follow_ups", ("follow-ups",), reads_too=True),
    Budget("reports", ("reports", "photos")),
)


@dataclass(frozen=True)
class Rates:
    """Requests a second, for all callers together and for one address; each bucket holds one
    second's worth.

    By default as the city needs it: an office or a carrier's NAT of many people behind one address
    stays below, who tries codes or numbers one after another does not get far.
    """

    everything: int = 4000
    everything_each: int = 2000
    sign_in: int = 300
    sign_in_each: int = 20
    sessions: int = 300
    sessions_each: int = 20
    follow_ups: int = 300
    follow_ups_each: int = 10
    reports: int = 1000
    reports_each: int = 500


ONE_ADDRESS = Rates(sign_in_each=300, sessions_each=300, follow_ups_each=300)
"""Where everybody has the same address, as on one machine: the demonstration, the tests, the
benchmarks."""


@dataclass(frozen=True)
class Limits:
    """Sizes and times of the gateway: bytes, seconds, counts."""

    body: int = 6 * 1024 * 1024
    photo: int = 16 * 1024 * 1024
    """What a phone's camera makes is read to its end, and refused by the service: a phone reads the
    answer when it has sent everything. A body above its limit is answered at once and read no
    further, so the connection breaks for whoever sends on."""
    timeout: int = 15
    stream_idle: int = 3600
    headers_kb: int = 16
    headers_count: int = 64
    connections: int = 40_000
    requests: int = 4096
    """In flight to one service; more are answered 503 at once."""
    streams: int = 30_000
    rates: Rates = field(default_factory=Rates)


LOCAL_ORIGINS = (r"https?://(localhost|127\.0\.0\.1)(:\d+)?",)
"""Regular expressions of the origins that browsers may call from; by default those of
development."""
