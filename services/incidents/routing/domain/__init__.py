"""Reads the text of a report and decides who answers it. Pure."""

from services.incidents.routing.domain.classification import (
    NEVER_VOLUNTEERS as NEVER_VOLUNTEERS,
)
from services.incidents.routing.domain.classification import POLICE_ONLY as POLICE_ONLY
from services.incidents.routing.domain.classification import RoutingDecision as RoutingDecision
from services.incidents.routing.domain.classification import RoutingInput as RoutingInput
from services.incidents.routing.domain.classification import Triage as Triage
from services.incidents.routing.domain.classification import classify as classify
