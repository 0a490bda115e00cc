"""Settings of incidents."""

import secrets
from typing import Annotated

from pydantic import AfterValidator, Field

from chassis.settings import Settings


def _or_random(key: str) -> str:
    return key or secrets.token_hex(32)


class IncidentsSettings(Settings):
    """Those of every service, and the secret that anonymous reporters' keys are derived from.

    `field_key`: 64 hex digits, the same on all replicas. Empty: random for this process, for trials
    only.
    """

    field_key: Annotated[str, AfterValidator(_or_random), Field(validate_default=True)] = ""
