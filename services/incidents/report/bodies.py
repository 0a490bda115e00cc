"""Request bodies of reports. A file of its own because `api.py` would exceed 300 lines with
them."""

from typing import Annotated

from pydantic import Field

from chassis.http.schemas import Body, free_text, maybe_text
from contracts.vocabulary import Category, Outcome, Route, Skill
from jinan.areas import COMMUNITY_PATTERN
from jinan.coordinates import Datum

People = Annotated[int, Field(ge=1, le=20)]


class ReportLocation(Body):
    """Degrees. `gcj02` is what Chinese phones and maps give."""

    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[116.942])]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[36.6695])]
    datum: Datum = "wgs84"


class FileReport(Body):
    """The text may be left out where there is a `photo`. Without a `category` it is inferred from
    the text. `finished`: a volunteer reports what they have finished already. `people_needed`
    counts for checkpoints only."""

    text: Annotated[str, maybe_text(2000), Field(examples=["小区门口车辆堵塞，请来人疏导"])] = ""
    category: Annotated[Category | None, Field(examples=["traffic"])] = None
    location: ReportLocation
    community: Annotated[
        str | None, Field(pattern=COMMUNITY_PATTERN, examples=["370104009008"])
    ] = None
    photo: Annotated[str | None, Field(max_length=64, description="The id of an upload")] = None
    anonymous: bool = False
    finished: bool = False
    people_needed: People | None = None


class RouteReport(Body):
    """What is left out stays as it was, or follows from a new category. The first route of a report
    that waits needs no reason."""

    route: Annotated[Route, Field(examples=["police"])]
    reason: Annotated[str | None, free_text(500), Field(examples=["经核实需民警到场"])] = None
    category: Category | None = None
    skills: Annotated[tuple[Skill, ...] | None, Field(max_length=7)] = None
    people_needed: People | None = None


class ReportResolution(Body):
    """How it ended. The note is for the reporter."""

    outcome: Annotated[Outcome, Field(examples=["solved"])]
    note: Annotated[str, free_text(2000), Field(examples=["已更换灯泡"])]


class ReportReason(Body):
    reason: Annotated[str, free_text(500), Field(examples=["问题又出现了"])]


class ReportNote(Body):
    text: Annotated[str, free_text(2000), Field(examples=["维修人员明天上午到"])]
