"""The field's closed vocabularies, shared by every service. Chinese terms: `docs/glossary.md`.

Each is a named alias, so that OpenAPI and AsyncAPI define it once and refer to it by its name.
"""

from typing import Any, Literal, get_args

from typing_extensions import TypeAliasType

Category = TypeAliasType(
    "Category",
    Literal[
        "traffic",
        "nuisance",
        "dispute",
        "hazard",
        "assistance",
        "escort",
        "checkpoint",
        "fundraising",
        "fraud",
        "theft",
        "violence",
        "drugs",
        "tip",
        "missing",
        "emergency",
        "environment",
        "rumour",
        "outreach",
    ],
)
"""What a report is about (domain table "Report")."""

Route = TypeAliasType("Route", Literal["volunteers", "committee", "police", "log"])
"""Who answers a report."""

Urgency = TypeAliasType("Urgency", Literal["urgent", "high", "normal", "low"])

Danger = TypeAliasType("Danger", Literal["none", "suspected", "sure"])
"""How plainly words tell of violence or danger to life. Sure: only the police go."""

ReferralReason = TypeAliasType(
    "ReferralReason",
    Literal[
        "handed_off",
        "triage",
        "danger",
        "escalated",
        "overdue",
        "returned",
        "place",
        "no_committee",
        "reopened",
        "no_answer",
        "partly_solved",
        "informed",
    ],
)
"""Why somebody on watch has to look at a report. `danger`: a later text may tell of it; `place`: it
names no community; `no_committee`: nobody of the community's committee has an account;
`partly_solved`: the reporter was asked and is silent; `informed`: volunteers answer it, the police
are to know."""

Skill = TypeAliasType(
    "Skill",
    Literal["traffic", "mediation", "fire-safety", "e-service", "care", "first-aid", "anti-fraud"],
)

Role = TypeAliasType(
    "Role",
    Literal["resident", "volunteer", "leader", "officer", "committee", "city_desk", "operator"],
)

Standing = TypeAliasType(
    "Standing",
    Literal["applied", "approved", "suspended", "rejected", "withdrawn", "left"],
)
"""Where a volunteer stands with the station. By themselves: `withdrawn`, the application; `left`,
the volunteers."""

Outcome = TypeAliasType(
    "Outcome", Literal["solved", "partly_solved", "not_solved", "not_found", "handed_over"]
)
"""How a case ended, by those who handled it; the text to it stays in incidents."""

MessageKind = TypeAliasType(
    "MessageKind",
    Literal["alert", "stand_down", "outcome", "progress", "escalation", "notice"],
)
"""What a message of notify is for; the name of its event on the live stream, too."""


def values_of(alias: TypeAliasType) -> tuple[Any, ...]:
    """The values of a vocabulary, in the order of their definition."""
    return get_args(alias.__value__)
