"""What the gateway lets through: the nouns and who serves them, who may pass without a token, how
much at once.

Pure data; `render.py` turns it into Envoy's configuration. The names of services stay behind the
gateway.
"""

from dataclasses import dataclass, field
from typing import Literal

API = "/api/v1"
ISSUER = "quancheng"
AUDIENCE = "quancheng-api"

Service = Literal["registration", "incidents", "dispatch", "notify"]
SERVICES: tuple[Service, ...] = ("registration", "incidents", "dispatch", "notify")

Budget = Literal["sign_in", "sessions", "follow_ups", "reports"]
"""A rate limit of its own for what writes to a noun, besides the one for everything."""
BUDGETS: tuple[Budget, ...] = ("sign_in", "sessions", "follow_ups", "reports")
READS_TOO: frozenset[Budget] = frozenset({"follow_ups"})
"""Where reads count as well: a number that is read without a token can be guessed at."""


@dataclass(frozen=True)
class Noun:
    """One resource under `/api/v1`. `sampling` is the share of its requests that are traced, in per
    cent."""

    name: str
    service: Service
    sampling: int
    budget: Budget | None = None

    @property
    def path(self) -> str:
        """The path prefix; matches itself and what lies below it."""
        return f"{API}/{self.name}"


NOUNS: tuple[Noun, ...] = (
    Noun("sign-in-codes", "registration", 10, "sign_in"),
    Noun("sessions", "registration", 10, "sessions"),
    Noun("accounts", "registration", 10),
    Noun("volunteers", "registration", 10),
    Noun("squads", "registration", 10),
    Noun("stations", "registration", 10),
    Noun("grants", "registration", 10),
    Noun("divisions", "registration", 10),
    Noun("dev", "registration", 10),
    Noun("reports", "incidents", 100, "reports"),
    Noun("follow-ups", "incidents", 100, "follow_ups"),
    Noun("photos", "incidents", 100, "reports"),
    Noun("log-entries", "incidents", 100),
    Noun("figures", "incidents", 10),
    Noun("categories", "incidents", 1),
    Noun("callouts", "dispatch", 100),
    Noun("service-records", "dispatch", 100),
    Noun("duty", "dispatch", 10),
    Noun("positions", "dispatch", 1),
    Noun("inbox", "notify", 10),
    Noun("deliveries", "notify", 10),
)
STREAM = f"{API}/stream"
"""The live stream (SSE) of notify: no time limit, and its token may stand in the query."""

Guard = Literal["open", "optional"]


@dataclass(frozen=True)
class Exemption:
    """Requests that pass without a token: `open` looks at none, `optional` refuses a bad one.

    `path` is matched whole, or as a prefix where it ends in `/`.
    """

    method: Literal["GET", "POST"]
    path: str
    guard: Guard = "open"


EXEMPTIONS: tuple[Exemption, ...] = (
    Exemption("POST", f"{API}/sign-in-codes"),
    Exemption("POST", f"{API}/sessions"),
    Exemption("POST", f"{API}/sessions/refresh"),
    Exemption("GET", f"{API}/follow-ups/"),
    Exemption("POST", f"{API}/follow-ups/", "optional"),
    Exemption("GET", f"{API}/divisions"),
    Exemption("GET", f"{API}/divisions/"),
    Exemption("GET", f"{API}/stations"),
    Exemption("GET", f"{API}/stations/"),
    Exemption("GET", f"{API}/categories"),
    Exemption("GET", f"{API}/categories/"),
    Exemption("GET", f"{API}/dev/"),
    Exemption("POST", f"{API}/dev/"),
    Exemption("POST", f"{API}/reports", "optional"),
    Exemption("POST", f"{API}/photos", "optional"),
    Exemption("GET", "/.well-known/jwks.json"),
    Exemption("GET", "/openapi.json"),
    Exemption("GET", "/docs"),
    Exemption("GET", "/docs/"),
    Exemption("GET", "/health"),
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
