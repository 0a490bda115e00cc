"""The options of a run, from environment variables of the same names in capitals."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from simulation.scenario import Day

DEFAULT_DAY = Path(__file__).parent / "data" / "duandian_day.jsonl"
AFTERWARDS_S = 6 * 3600
"""Domain time that the last report may take until it is closed."""


class RunSettings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    day: Path = DEFAULT_DAY
    """JSON lines, one report each."""
    speed: float = Field(default=240.0, ge=1, le=2000, allow_inf_nan=False)
    """Domain seconds per second of the wall clock."""
    seed: int = Field(default=20210310, ge=0)
    target: Literal["local", "compose"] = "local"
    keep: bool = False
    """Leave the platform running."""
    limit: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Maximum duration of the run in seconds of the wall clock; by default derived from the day."""

    def limit_s(self, day: Day) -> float:
        return (
            self.limit or ((day.last - day.first).total_seconds() + AFTERWARDS_S) / self.speed + 120
        )


def settings() -> RunSettings:
    """Raises ValueError whose message names the wrong variable."""
    try:
        return RunSettings()
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise ValueError(f"{str(problem['loc'][0]).upper()}: {problem['msg']}") from None
