"""The states of a report, and what they mean."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.vocabulary import ReferralReason, Role, Route

ReportState = TypeAliasType(
    "ReportState",
    Literal[
        "filed",
        "routed",
        "called",
        "accepted",
        "on_scene",
        "assigned",
        "handed_off",
        "acknowledged",
        "resolved",
        "confirmed",
        "closed",
        "logged",
        "withdrawn",
        "not_accepted",
    ],
)
"""`filed`: waits for a person on watch to route it (triage). `confirmed` and `logged` are always
followed by `closed` at once."""
TimelineStep = TypeAliasType(
    "TimelineStep",
    ReportState
    | Literal[
        "returned",
        "reopened",
        "escalated",
        "noted",
        "referred",
        "referral_acknowledged",
        "corrected",
        "asked",
        "answered",
        "question_lapsed",
        "danger",
    ],
)
ReportEnd = TypeAliasType("ReportEnd", Literal["confirmed", "police_outcome", "logged"])
ConfirmedBy = TypeAliasType("ConfirmedBy", Literal["reporter", "station"])
ActorRole = TypeAliasType("ActorRole", Role | Literal["reporter", "rules", "station", "volunteers"])

OPEN: frozenset[ReportState] = frozenset(
    {"filed", "routed", "called", "accepted", "on_scene", "assigned", "handed_off", "acknowledged"}
)
"""Not resolved yet."""
UNANSWERED: frozenset[ReportState] = frozenset(
    {"filed", "routed", "called", "assigned", "handed_off"}
)
LATE: frozenset[ReferralReason] = frozenset({"overdue", "partly_solved"})
"""Referred because a time limit passed: looked at again until it is decided."""
FIRST_STATE: dict[Route, ReportState] = {
    "volunteers": "routed",
    "committee": "assigned",
    "police": "handed_off",
    "log": "logged",
}
Phase = Literal[
    "filed",
    "calling",
    "attended",
    "assigned",
    "handed_off",
    "acknowledged",
    "resolved",
    "closed",
    "withdrawn",
    "not_accepted",
]
PHASES: dict[ReportState, Phase] = {
    "filed": "filed",
    "routed": "calling",
    "called": "calling",
    "accepted": "attended",
    "on_scene": "attended",
    "assigned": "assigned",
    "handed_off": "handed_off",
    "acknowledged": "acknowledged",
    "resolved": "resolved",
    "confirmed": "closed",
    "closed": "closed",
    "logged": "closed",
    "withdrawn": "withdrawn",
    "not_accepted": "not_accepted",
}
"""What lists are indexed by. States share a phase where few reports are in it at a time, or none:
the step from `routed` to `called` then touches no index."""
Timer = Literal["referral", "decision", "question", "first_answer", "end"]
MAX_NOTES = 200
MAX_QUESTIONS = 50
MAX_CORRECTIONS = 50
