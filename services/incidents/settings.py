"""Settings of incidents."""

import secrets
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from chassis.settings import Settings


def _or_random(key: str) -> str:
    return key or secrets.token_hex(32)


class IncidentsSettings(Settings):
    """Those of every service, and the secret that anonymous reporters' keys are derived from.

    `field_key`: 64 hex digits, the same on all replicas. Empty: random for this process, for trials
    only.

    `second_opinion_url`: an OpenAI-compatible endpoint inside the city's own network, up to and
    including `/v1`, which reads the words too; empty: off. `second_opinion_seconds`: time limit.

    `photo_room_mb`: of photos that are being uploaded, in million bytes (2^20); further ones are
    answered 503 before they are read. `photo_workers`: processes that draw them, each up to 900 MB
    for a moment, none at rest.
    """

    field_key: Annotated[str, AfterValidator(_or_random), Field(validate_default=True)] = ""
    second_opinion_url: str = ""
    second_opinion_model: str = "default"
    second_opinion_key: SecretStr = SecretStr("")
    second_opinion_seconds: float = Field(default=2.0, gt=0, le=10)
    photo_room_mb: int = Field(default=80, ge=20)
    photo_workers: int = Field(default=2, ge=1, le=16)
