"""A time that somebody gives: in UTC, and one that every store can hold."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie within the years 1 to 9999 in UTC too") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
