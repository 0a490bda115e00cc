"""The field's closed vocabularies, shared by every service. Chinese terms: `docs/glossary.md`."""

from typing import Literal

Category = Literal[
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
]
"""What a report is about (domain table "Report")."""

Route = Literal["volunteers", "committee", "police", "log"]
"""Who answers a report."""

Urgency = Literal["urgent", "high", "normal", "low"]

Skill = Literal[
    "traffic", "mediation", "fire-safety", "e-service", "care", "first-aid", "anti-fraud"
]

Role = Literal["resident", "volunteer", "leader", "officer", "committee", "city_desk", "operator"]

Standing = Literal["applied", "approved", "suspended", "rejected"]
"""Where a volunteer stands with the station."""

Outcome = Literal["solved", "partly_solved", "not_solved", "not_found", "handed_over"]
"""How a matter ended, said by who dealt with it; the words to it stay in incidents."""

MessageKind = Literal["alert", "stand_down", "outcome", "progress", "escalation", "notice"]
"""What a message of notify is for; the name of its event on the live stream, too."""
