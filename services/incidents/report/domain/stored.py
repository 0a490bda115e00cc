"""Fields whose values were simpler once, as reports stored then still have them."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from contracts.vocabulary import Danger
from services.incidents.routing.domain import Triage


def _triage(value: Any) -> Any:
    """Before it had an urgency: a truth value."""
    return {True: "normal", False: None}[value] if isinstance(value, bool) else value


def _danger(value: Any) -> Any:
    """Before there was doubt: a truth value."""
    return ("sure" if value else "none") if isinstance(value, bool) else value


StoredTriage = Annotated[Triage | None, BeforeValidator(_triage)]
StoredDanger = Annotated[Danger, BeforeValidator(_danger)]
