"""One person of each role at the demonstration station, signed in through the gateway; nobody whom
journeys need."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from contracts.vocabulary import Role
from simulation.people import Demonstration, demonstration
from simulation.people import Person as Planned

API = "/api/v1"
RENEW_S = 480
"""Access tokens live ten minutes."""
PATIENCE_S = 60.0
Json = dict[str, Any]


def until(look: Callable[[], Any]) -> Any:
    """The first thing that is found."""
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
    return found


@dataclass
class Person:
    """Somebody signed in; None as `phone` is nobody."""

    web: httpx.Client
    role: str
    phone: str | None
    dev_key: str
    id: str = ""
    _token: str = ""
    _good_until: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        if self.phone is None:
            return {}
        if time.monotonic() > self._good_until:
            self.sign_in()
        return {"Authorization": f"Bearer {self._token}"}

    def sign_in(self) -> None:
        """By the code that the local SMS end shows to the developer; a token has the grants of this
        moment."""
        asked = self.web.post(f"{API}/sign-in-codes", json={"phone": self.phone})
        assert asked.status_code == 202, asked.text
        key = {"X-Dev-Key": self.dev_key}
        shown = self.web.get(f"{API}/dev/messages", params={"phone": self.phone or ""}, headers=key)
        body = {"phone": self.phone, "code": shown.json()["messages"][0]["code"]}
        session = self.web.post(f"{API}/sessions", json=body)
        assert session.status_code == 201, session.text
        self._take(session.json())

    def renew(self) -> None:
        """A token with the grants of now; a code can be had once a minute only."""
        self.headers  # noqa: B018 - signed in by now
        session = self.web.post(f"{API}/sessions/refresh", json={"refresh_token": self._refresh})
        assert session.status_code == 201, session.text
        self._take(session.json())

    def _take(self, session: Json) -> None:
        self.id, self._token = session["account"]["id"], session["access_token"]
        self._refresh = session["refresh_token"]
        self._good_until = time.monotonic() + RENEW_S

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """`path` below `/api/v1/`. Each POST has an Idempotency-Key of its own."""
        key = {"Idempotency-Key": secrets.token_hex(8)} if method == "POST" else {}
        return self.web.request(method, f"{API}/{path}", headers=self.headers | key, **request)

    def get(self, path: str, **params: Any) -> Any:
        return self._given(self.ask("GET", path, params=params))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """The answer; fails unless it is a success."""
        return cast(Json, self._given(self.ask("POST", path, json=dict(body or {}))))

    def go_on_duty(self, place: Json) -> None:
        """Once dispatch knows them: it learns of volunteers by events."""
        until(lambda: self.ask("POST", "duty/start", json={"location": place}).is_success)

    def hand_in(self, photo: bytes) -> str:
        """The photo's id."""
        headers = {"Content-Type": "image/png", "Idempotency-Key": secrets.token_hex(8)}
        answer = self.web.post(f"{API}/photos", content=photo, headers=self.headers | headers)
        return self._given(answer)["id"]

    def _given(self, answer: httpx.Response) -> Any:
        assert answer.is_success, (
            f"{self.role}: {answer.request.method} {answer.url}: {answer.text}"
        )
        return answer.json()


@dataclass
class Staff:
    """One signed-in person of each role, for all tests here: a phone gets one code a minute."""

    web: httpx.Client
    dev_key: str

    def __post_init__(self) -> None:
        self.by_role = {
            str(role): self.person(role, plan.phone)
            for role, plan in planned(demonstration()).items()
        }

    def person(self, role: str, phone: str | None = None) -> Person:
        """Somebody else; new unless their phone is given."""
        return Person(self.web, role, phone or new_phone(), self.dev_key)

    def nobody(self) -> Person:
        return Person(self.web, "anonymous", None, self.dev_key)


def new_phone() -> str:
    """Of nobody yet."""
    return f"120009{secrets.randbelow(100_000):05d}"


def planned(plan: Demonstration) -> dict[Role, Planned]:
    """From the ends of the lists: journeys take from their beginnings, and the very last ones."""
    leader = next(p for p in reversed(plan.volunteers) if p.role == "leader")
    return {
        "volunteer": [
            p for p in plan.volunteers if p.role == "volunteer" and 1960 <= p.birth_year <= 2004
        ][-2],
        "leader": leader,
        "officer": plan.officers[-1],
        "committee": plan.committee[-1],
        "city_desk": plan.city_desk[-1],
        "operator": plan.operators[-1],
        "resident": plan.residents[-2],
    }
