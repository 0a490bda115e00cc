"""What a second reader of the words can change: it raises danger or asks for a person, and lowers
nothing. Pure."""

from dataclasses import dataclass, replace

from contracts.vocabulary import Danger
from services.incidents.routing.domain.classification import RoutingDecision


@dataclass(frozen=True)
class Opinion:
    danger: Danger
    unclear: bool = False


def raised(decision: RoutingDecision, opinion: Opinion | None) -> RoutingDecision:
    """The second reader is never the only judge of danger: what it alone suspects goes to a person,
    not to the police."""
    if opinion is None or (decision.route == "police" and decision.triage is None):
        return decision
    because = (*decision.because, "second_opinion")
    if opinion.danger != "none" and decision.triage != "urgent":
        return replace(
            decision,
            route="police",
            urgency="urgent",
            triage="urgent",
            danger="suspected",
            inform_police=False,
            because=because,
        )
    if opinion.unclear and decision.triage is None:
        return replace(decision, triage="normal", because=because)
    return decision
