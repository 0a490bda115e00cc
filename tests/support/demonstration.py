"""The demonstration station: its place, and its people as tests use them."""

from simulation.people import DOOR, Demonstration, demonstration
from simulation.people import Person as Planned
from tests.support.client import Api, Json, Person, renewed

__all__ = ["Demonstration", "Planned", "demonstration"]
COMMUNITY, STREET, STATION = "370104009008", "370104009", "sta_duandian"
PLACE: Json = {"longitude": DOOR[0], "latitude": DOOR[1], "datum": "wgs84"}
_METRES_PER_DEGREE = 111_195


def north_of_the_door(metres: float) -> Json:
    return PLACE | {"latitude": DOOR[1] + metres / _METRES_PER_DEGREE}


def volunteers(plan: Demonstration) -> list[Planned]:
    """Between 18 and 69 years: called at any hour."""
    return [p for p in plan.volunteers if p.role == "volunteer" and 1960 <= p.birth_year <= 2004]


def report_body(text: str, category: str | None, **more: object) -> Json:
    body = {"text": text, "category": category, "location": PLACE, "community": COMMUNITY}
    return body | more


class SignIns:
    """Signs each person in once: a phone gets one code a minute."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._people: dict[str, Person] = {}

    async def person(self, phone: str) -> Person:
        if phone not in self._people:
            self._people[phone] = await self._api.sign_in(phone)
        return self._people[phone]

    async def with_new_token(self, phone: str) -> Person:
        """For whoever sends the token as it is: it has ten minutes to go."""
        before = self._people.get(phone)
        self._people[phone] = await (renewed(before) if before else self._api.sign_in(phone))
        return self._people[phone]
