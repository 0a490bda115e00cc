"""How a stranger tries each operation that takes an id, and what the answer may be."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.security.access_names import IDS, OTHERS
from tests.support.routes import documented, openapi

Json = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """`{name}` stands for an id of a call-out that strangers have no part in.

    `refused`: the statuses of a refusal. `open`: why a success is allowed, without any secret of
    the call-out. `may`: roles whose work it is; they do not try.
    """

    path: str
    body: Json | None = None
    query: Json = field(default_factory=dict[str, Any])
    refused: frozenset[int] = frozenset({401, 403, 404})
    open: str = ""
    may: frozenset[str] = frozenset()


def _attempt(path: str, body: Json | None = None, **more: Any) -> Attempt:
    return Attempt(path, body, **more)


_WHY = {"reason": "因故"}
_OUTCOME = {"outcome": "solved", "note": "已处理"}
_DESK = frozenset({"city_desk"})
_KEY = {"key": "f" * 24}
ATTEMPTS: dict[str, Attempt] = {
    # registration
    "POST sign-in-codes": _attempt(
        "sign-in-codes", {"phone": "{free}"}, open="anybody may sign in"
    ),
    "POST sessions": _attempt(
        "sessions", {"phone": "{phone}", "code": "000000"}, refused=frozenset({401, 422, 429})
    ),
    "POST sessions/browser": _attempt(
        "sessions/browser",
        {"phone": "{phone}", "code": "000000"},
        refused=frozenset({401, 422, 429}),
    ),
    "DELETE sessions/{session}": _attempt(
        "sessions/{session}", open="another person's session does not end"
    ),
    "POST accounts/{account}/erasure": _attempt("accounts/{account}/erasure", {}, may=_DESK),
    "POST volunteers": _attempt(
        "volunteers",
        {
            "station": "{station}",
            "area": "370104009008",
            "name": "外人",
            "id_number": "{id_number}",
            "squad": "{squad}",
        },
        refused=frozenset({401, 409, 422}),
        open="anybody may apply to a station and a squad",
    ),
    "GET squads/{id}": _attempt("squads/{squad}", open="anybody who wants to join one"),
    "GET squads/{id}/members": _attempt("squads/{squad}/members"),
    "GET stations/{id}": _attempt("stations/{station}", open="a police station is public"),
    "GET people": _attempt("people", query={"ids": "{account}"}, open="those whom one may read"),
    "POST accounts/by-phone": _attempt(
        "accounts/by-phone",
        {"phone": "{phone}"},
        may=_DESK | {"officer elsewhere"},  # whoever gives roles; logged, limited, the name masked
    ),
    "POST accounts/me/phone": _attempt(
        "accounts/me/phone",
        {"phone": "{phone}", "code": "000000"},
        refused=frozenset({401, 422, 429}),
    ),
    "POST reporter-contacts": _attempt("reporter-contacts", {"report": "{report}"} | _WHY),
    "GET grants": _attempt("grants", query={"area": "370104009"}, may=_DESK),
    "GET volunteers": _attempt(
        "volunteers", query={"station": "{station}", "squad": "{squad}"}, open="own squad"
    ),
    "GET volunteers/{id}": _attempt("volunteers/{account}"),
    "PATCH volunteers/{id}": _attempt("volunteers/{account}", {"skills": []}),
    "POST volunteers/{id}/approve": _attempt("volunteers/{account}/approve", {}),
    "POST volunteers/{id}/reject": _attempt("volunteers/{account}/reject", _WHY),
    "POST volunteers/{id}/id-number": _attempt(
        "volunteers/{account}/id-number", _WHY | {"genuine": False}
    ),
    "POST volunteers/{id}/suspend": _attempt("volunteers/{account}/suspend", _WHY),
    "POST volunteers/{id}/proposals": _attempt(
        "volunteers/{account}/proposals", _WHY | {"what": "suspend"}
    ),
    "GET squads": _attempt(
        "squads", query={"station": "{station}"}, open="anybody who wants to join one"
    ),
    "POST squads": _attempt(
        "squads", {"station": "{station}", "name": "外人队", "leader": "{account}"}
    ),
    "POST squads/{id}/leader": _attempt("squads/{squad}/leader", {"account": "{account}"}),
    "POST stations": _attempt(
        "stations",
        {"name": "外人所", "streets": ["370104009"], "longitude": 117.0, "latitude": 36.6},
        refused=frozenset({401, 403, 409}),
    ),
    "POST grants": _attempt(
        "grants", {"account": "{account}", "role": "committee", "area": "370104009"}, may=_DESK
    ),
    "GET grants/log": _attempt(
        "grants/log", query={"account": "{account}"}, open="those of one's area", may=_DESK
    ),
    "POST grant-proposals": _attempt(
        "grant-proposals",
        {"account": "{account}", "role": "officer", "area": "370104009"} | _WHY,
        may=_DESK,
    ),
    "POST grant-proposals/{id}/confirm": _attempt("grant-proposals/gpr_{account}/confirm"),
    "POST grant-proposals/{id}/decline": _attempt("grant-proposals/gpr_{account}/decline"),
    "DELETE grants/{account}/{role}/{area}": _attempt(
        "grants/{account}/volunteer/370104009008", may=_DESK
    ),
    "GET watches": _attempt("watches", query={"area": "370104009"}),
    "GET watches/{id}": _attempt("watches/wat_370104009"),
    "POST watches": _attempt("watches", {"area": "370104009"}),
    "POST watches/{id}/offer": _attempt("watches/wat_370104009/offer", {"to": "{account}"}),
    "POST watches/{id}/accept": _attempt("watches/wat_370104009/accept"),
    "POST watches/{id}/release": _attempt("watches/wat_370104009/release"),
    "GET divisions": _attempt("divisions", query={"parent": "370104009"}, open="names of places"),
    "GET dev/messages": _attempt("dev/messages", query={"phone": "{phone}"}),
    # incidents
    "POST reports": _attempt(
        "reports",
        {
            "text": "外人的话",
            "location": {"longitude": 117.0, "latitude": 36.6},
            "photo": "{photo}",
        },
        refused=frozenset({401, 403, 422}),
    ),
    "GET reports": _attempt(
        "reports", query={"station": "{station}", "area": "370104009"}, open="own community"
    ),
    "GET queue": _attempt("queue", query={"area": "370104009"}, open="own community"),
    "GET reports/{id}": _attempt("reports/{report}"),
    "GET reports/{id}/photo": _attempt("reports/{report}/photo"),
    "POST reports/{id}/route": _attempt("reports/{report}/route", _WHY | {"route": "police"}),
    "POST reports/{id}/acknowledge": _attempt("reports/{report}/acknowledge", {}),
    "POST reports/{id}/resolve": _attempt("reports/{report}/resolve", _OUTCOME),
    "POST reports/{id}/close": _attempt("reports/{report}/close", _OUTCOME),
    "POST reports/{id}/reject": _attempt("reports/{report}/reject", _WHY),
    "POST reports/{id}/return": _attempt("reports/{report}/return", _WHY),
    "POST reports/{id}/confirm": _attempt("reports/{report}/confirm", {}),
    "POST reports/{id}/reopen": _attempt("reports/{report}/reopen", _WHY),
    "POST reports/{id}/withdraw": _attempt("reports/{report}/withdraw", _WHY),
    "POST reports/{id}/notes": _attempt("reports/{report}/notes", {"text": "外人的话"}),
    "POST reports/{id}/questions": _attempt("reports/{report}/questions", {"text": "外人的话"}),
    "POST reports/{id}/answer": _attempt("reports/{report}/answer", {"text": "外人的话"}),
    "POST reports/{id}/corrections": _attempt(
        "reports/{report}/corrections", _WHY | {"community": "370104009008"}
    ),
    "GET follow-ups/{number}": _attempt(
        "follow-ups/{number}", open="by the number alone: no text and no place"
    ),
    "POST follow-ups/{number}/confirm": _attempt("follow-ups/{number}/confirm", _KEY),
    "POST follow-ups/{number}/reopen": _attempt("follow-ups/{number}/reopen", _KEY | _WHY),
    "POST follow-ups/{number}/withdraw": _attempt("follow-ups/{number}/withdraw", _KEY | _WHY),
    "POST follow-ups/{number}/question": _attempt("follow-ups/{number}/question", _KEY),
    "POST follow-ups/{number}/answer": _attempt(
        "follow-ups/{number}/answer", _KEY | {"text": "外人的话"}
    ),
    "POST follow-ups/{number}/community": _attempt(
        "follow-ups/{number}/community", _KEY | {"community": "370104009008"}
    ),
    "POST log-entries": _attempt(
        "log-entries",
        {"kind": "patrol", "text": "外人的话", "community": "370104009008"},
        open="one's own log",
    ),
    "GET log-entries": _attempt("log-entries", query={"area": "370104009"}),
    "GET figures": _attempt(
        "figures", query={"area": "370104009008"}, open="counts, without persons"
    ),
    "GET figures/series": _attempt(
        "figures/series", query={"area": "370104009008"}, open="counts, without persons"
    ),
    # dispatch
    "GET duty": _attempt("duty", query={"station": "{station}"}, open="own squad"),
    "GET duty/positions": _attempt("duty/positions", query={"area": "370104009"}),
    "GET duty/counts": _attempt(
        "duty/counts", query={"area": "370104"}, open="counts, without persons", may=_DESK
    ),
    "GET callouts": _attempt("callouts", query={"station": "{station}"}, open="own squad"),
    "GET callouts/{id}": _attempt("callouts/{callout}"),
    "POST callouts/{id}/accept": _attempt("callouts/{callout}/accept", {}),
    "POST callouts/{id}/decline": _attempt("callouts/{callout}/decline", {}),
    "POST callouts/{id}/on-the-way": _attempt("callouts/{callout}/on-the-way", {}),
    "POST callouts/{id}/arrive": _attempt("callouts/{callout}/arrive", {}),
    "POST callouts/{id}/still-here": _attempt("callouts/{callout}/still-here", {}),
    "POST callouts/{id}/finish": _attempt("callouts/{callout}/finish", {"outcome": "solved"}),
    "POST callouts/{id}/withdraw": _attempt("callouts/{callout}/withdraw", {}),
    "POST callouts/{id}/call": _attempt("callouts/{callout}/call", {"volunteers": ["{account}"]}),
    "GET callouts/{id}/candidates": _attempt("callouts/{callout}/candidates", open="own squad"),
    "GET callouts/{id}/candidates/me": _attempt(
        "callouts/{callout}/candidates/me", open="why one was not called oneself"
    ),
    "GET service-records": _attempt("service-records", query={"volunteer": "{account}"}),
    "POST hours-checks/{id}/accept": _attempt(
        "hours-checks/chk_{callout}/accept", {"minutes": 30, "reason": "shown_by_records"}
    ),
    "POST hours-checks/{id}/refuse": _attempt(
        "hours-checks/chk_{callout}/refuse", {"reason": "not_shown"}
    ),
    # notify
    "POST inbox/{message}/read": _attempt("inbox/{message}/read", {}),
    "POST inbox/{message}/acknowledge": _attempt("inbox/{message}/acknowledge", {}),
    "GET deliveries": _attempt(
        "deliveries", query={"report": "{report}"}, open="those of one's area"
    ),
}
"""Method and path below `/api/v1/` -> the attempt."""


def operations_with_ids() -> Iterator[tuple[str, set[str]]]:
    """Every operation with an id in its path, query or body; and its names that are in neither list
    above."""
    for service, method, path, operation in documented():
        parameters = operation.get("parameters", [])
        names = {p["name"] for p in parameters if p["in"] == "query"} | _fields(service, operation)
        in_path = any(p["in"] == "path" for p in parameters)
        unknown = names - IDS - OTHERS
        if in_path or names & IDS or unknown:
            yield f"{method} {path.removeprefix('/api/v1/')}", unknown


def _fields(service: str, operation: Json) -> set[str]:
    schema = (
        operation.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema", {})
    )
    name = schema.get("$ref", "").rpartition("/")[2]
    return set(openapi(service)["components"]["schemas"].get(name, {}).get("properties", {}))
