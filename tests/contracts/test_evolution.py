"""Each kind of change to a contract: additions pass, everything else is refused by name."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from contracts.envelope import Event
from contracts.tools.evolution import Released, breaks, released_form


class Place(BaseModel):
    longitude: float
    name: str | None = None


class Parked(Event):
    """A bicycle was parked."""

    topic: ClassVar[str] = "bicycles.events"
    key: ClassVar[str] = "bicycle"
    example: ClassVar = {}
    bicycle: str
    colour: Literal["red", "blue"]
    at: datetime
    place: Place
    tags: tuple[str, ...] = ()


OLD: Released = {"Parked": released_form(Parked)}


def changed(**fields: Any) -> type[Event]:
    """The event with these fields, `name=(type, default)` as pydantic takes them, in place of its
    own or besides."""
    return create_model("Parked", __base__=Parked, __doc__=Parked.__doc__, **fields)


def constants(**values: Any) -> type[Event]:
    return type("Parked", (Parked,), {"__annotations__": dict.fromkeys(values, ClassVar), **values})


def refusals(new: type[Event] | None) -> list[str]:
    return list(breaks(OLD, {} if new is None else {"Parked": released_form(new)}))


class PlaceOnFloor(Place):
    floor: int = 0


@pytest.mark.parametrize(
    "new",
    [
        Parked,
        constants(version=2, example={"bicycle": "b_1"}),
        changed(lock=(Literal["chain"] | None, None)),
        changed(colour=(Literal["red", "blue", "green"], ...)),
        changed(colour=(Literal["red", "blue"], "red")),
        changed(place=(PlaceOnFloor, ...)),
        create_model("Parked", __base__=Parked, __doc__="Quite another text."),
    ],
    ids=[
        "nothing",
        "version",
        "optional field",
        "more values",
        "a default",
        "optional field inside",
        "words",
    ],
)
def test_additions_pass(new: type[Event]) -> None:
    assert refusals(new) == []


def test_a_new_event_passes() -> None:
    assert list(breaks(OLD, OLD | {"Ridden": released_form(changed(rider=(str, ...)))})) == []


class Fewer(Event):
    """A bicycle was parked."""

    topic: ClassVar[str] = "bicycles.events"
    key: ClassVar[str] = "bicycle"
    bicycle: str
    colour: Literal["red", "blue"]
    at: datetime
    tags: tuple[str, ...] = ()


class PlaceRequiring(BaseModel):
    longitude: float
    name: str | None


@pytest.mark.parametrize(
    ("new", "where", "what"),
    [
        (None, "Parked", "event was removed"),
        (Fewer, "Parked.place", "field was removed"),
        (
            changed(at=(int, ...)),
            "Parked.at",
            "type changed from string (format=date-time) to integer",
        ),
        (
            changed(bicycle=(str | None, ...)),
            "Parked.bicycle",
            "type changed from string to string or null",
        ),
        (
            changed(bicycle=(Annotated[str, Field(max_length=9)], ...)),
            "Parked.bicycle",
            "to string (maxLength=9)",
        ),
        (changed(rider=(str, ...)), "Parked.rider", "new field is required"),
        (changed(tags=(tuple[str, ...], ...)), "Parked.tags", "became required"),
        (changed(colour=(Literal["red"], ...)), "Parked.colour", "value 'blue' was removed"),
        (changed(colour=(str, ...)), "Parked.colour", "type changed"),
        (
            changed(tags=(tuple[int, ...], ())),
            "Parked.tags[]",
            "type changed from string to integer",
        ),
        (changed(place=(PlaceRequiring, ...)), "Parked.place.name", "became required"),
        (
            constants(topic="parking.events"),
            "Parked",
            "topic changed from 'bicycles.events' to 'parking.events'",
        ),
        (constants(key="colour"), "Parked", "key changed from 'bicycle' to 'colour'"),
        (constants(version=0), "Parked", "version fell from 1 to 0"),
    ],
)
def test_what_is_no_addition_is_refused_by_name(
    new: type[Event] | None, where: str, what: str
) -> None:
    (line,) = refusals(new)
    assert line.startswith(f"{where}: ")
    assert what in line
    assert "Right: " in line
