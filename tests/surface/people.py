"""One person of each role at the demonstration station, signed in through the gateway; nobody whom journeys need."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from contracts.words import Role
from services.registration.demonstration import Demonstration
from services.registration.demonstration import Person as Planned

API = "/api/v1"
RENEW_S = 480
"""Access tokens live ten minutes."""
Json = dict[str, Any]


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
        """By the code that the local SMS end shows to the developer; a token has the grants of this moment."""
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
        """`path` below `/api/v1/`."""
        return self.web.request(method, f"{API}/{path}", headers=self.headers, **request)

    def get(self, path: str, **params: Any) -> Any:
        return self._given(self.ask("GET", path, params=params))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """The answer; fails unless it is a success."""
        return cast(Json, self._given(self.ask("POST", path, json=dict(body or {}))))

    def hand_in(self, photo: bytes) -> str:
        """The photo's id."""
        answer = self.web.post(f"{API}/photos", content=photo, headers=self.headers | {"Content-Type": "image/png"})
        return self._given(answer)["id"]

    def _given(self, answer: httpx.Response) -> Any:
        assert answer.is_success, f"{self.role}: {answer.request.method} {answer.url}: {answer.text}"
        return answer.json()


def planned(plan: Demonstration) -> dict[Role, Planned]:
    """From the ends of the lists: journeys take from their beginnings, and the very last ones."""
    leader = next(p for p in reversed(plan.volunteers) if p.role == "leader")
    return {
        "volunteer": [p for p in plan.volunteers if p.role == "volunteer" and 1960 <= p.birth_year <= 2004][-2],
        "leader": leader, "officer": plan.officers[-1], "committee": plan.committee[-1],
        "city_desk": plan.city_desk[-1], "operator": plan.operators[-1], "resident": plan.residents[-2],
    }  # fmt: skip
