"""What the gateway itself answers when it refuses: RFC 9457 documents of the same form as the
services'."""

from dataclasses import dataclass
from typing import Any

from contracts.texts import text

ANY = ".*"
"""Matches every reason that Envoy gives for a reply of its own (`RESPONSE_CODE_DETAILS`)."""


@dataclass(frozen=True)
class LocalProblem:
    """One reply. `key` is its text in the catalogue; `details` a regular expression on Envoy's own
    reason."""

    status: int
    key: str
    details: str = ANY
    retry_after: int | None = None
    limit: int | None = None
    answered: int | None = None
    """The status that is answered instead of Envoy's own."""

    @property
    def body(self) -> dict[str, Any]:
        """The document, as Envoy fills it in: `request_id` is the header's value."""
        title = text(self.key, **({"limit": self.limit} if self.limit is not None else {}))
        document: dict[str, Any] = {
            "type": f"urn:problem:{self.key.partition('.')[2]}",
            "title": title.zh,
            "title_en": title.en,
            "status": self.answered or self.status,
            "request_id": "%REQ(X-REQUEST-ID)%",
        }
        if self.limit is not None:
            document["errors"] = [{"field": "body", "problem": title.zh, "problem_en": title.en}]
        return document


def local_problems(body_limit: int) -> list[LocalProblem]:
    """Every reply of the gateway's own; the first that matches counts. `body_limit` in bytes."""
    return [
        LocalProblem(400, "gateway.path_invalid"),
        LocalProblem(401, "gateway.token_expired", details=".*expired.*"),
        LocalProblem(401, "problem.not_signed_in", details=".*missing.*"),
        LocalProblem(401, "problem.token_invalid"),
        # A token for another audience.
        LocalProblem(403, "problem.token_invalid", details="jwt_authn.*", answered=401),
        LocalProblem(403, "problem.not_allowed"),
        LocalProblem(404, "gateway.no_such_path"),
        LocalProblem(405, "gateway.method_not_allowed"),
        LocalProblem(408, "gateway.too_slow"),
        LocalProblem(413, "problem.too_large", limit=body_limit),
        LocalProblem(415, "gateway.media_type"),
        LocalProblem(429, "gateway.too_many_requests", retry_after=1),
        LocalProblem(431, "gateway.headers_too_large"),
        LocalProblem(502, "problem.unavailable", retry_after=2),
        LocalProblem(503, "problem.unavailable", retry_after=2),
        LocalProblem(504, "gateway.timed_out", retry_after=2),
    ]
