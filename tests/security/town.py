"""What fuzzed requests name where an id, a place or a code belongs: real things that no other test
needs."""

import io
import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from simulation.people import DOOR
from tests.security.people import Json, Person, Staff
from tests.telemetry.canaries import id_number

COMMUNITY = "370104009203"
PLACE: Json = {"longitude": DOOR[0], "latitude": DOOR[1], "datum": "wgs84"}
CATEGORIES = ("assistance", "dispute", "hazard", "theft", "nuisance", "tip")


@dataclass
class Town:
    """People by role (`anonymous` is nobody), and the names of things by the names that parameters
    have."""

    people: dict[str, Person]
    named: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])

    def real(self, noun: str, name: str) -> list[Any]:
        """Things that may stand where a parameter of this noun is called so; empty where it is no
        id."""
        return self.named.get(f"{noun}.{name}") or self.named.get(name, [])

    def settle(self, value: Any, choose: Callable[[list[Any]], Any]) -> Any:
        """The body with real things in the places of ids, and places in Jinan."""
        if isinstance(value, list):
            return [self.settle(item, choose) for item in value]
        if not isinstance(value, Mapping):
            return value
        settled = {
            key: choose(self.named[key]) if key in self.named else self.settle(item, choose)
            for key, item in value.items()
        }
        return settled | {
            key: place for key, place in PLACE.items() if key in value and key != "datum"
        }


@contextmanager
def town_of(staff: Staff) -> Generator[Town]:
    """With a volunteer on duty, who is called; off duty afterwards."""
    people = staff.by_role | {"anonymous": staff.nobody()}
    town = Town(people)
    _open(town, staff.person("resident"))
    try:
        yield town
    finally:
        for role in ("volunteer", "leader"):
            people[role].ask("POST", "duty/end", json={})


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def report_body(category: str, **more: Any) -> Json:
    return {
        "text": "楼下有事想请人来看看",
        "category": category,
        "location": PLACE,
        "community": COMMUNITY,
    } | more


def _open(town: Town, newcomer: Person) -> None:
    people = town.people
    newcomer.sign_in()
    people["volunteer"].go_on_duty(PLACE)
    applying = {
        "station": "sta_duandian",
        "area": COMMUNITY,
        "name": "新人",
        "id_number": id_number(),
        "skills": [],
    }
    newcomer.post("volunteers", applying)
    squad = people["officer"].post(
        "squads", {"station": "sta_duandian", "name": f"接口队{secrets.token_hex(3)}"}
    )
    photo = people["resident"].hand_in(picture())
    reports = [people["resident"].post("reports", report_body(category)) for category in CATEGORIES]
    secret = people["anonymous"].post("reports", report_body("nuisance", anonymous=True))
    town.named = {
        "reports.id": [report["id"] for report in reports],
        "report": [report["id"] for report in reports],
        "number": [secret["number"]],
        "key": [secret["follow_up_key"]],
        "photo": [photo],
        "volunteers.id": [newcomer.id],
        "account": [newcomer.id],
        "leader": [newcomer.id],
        "volunteer": [people["volunteer"].id, newcomer.id],
        "volunteers": [[people["volunteer"].id, newcomer.id]],
        "squads.id": [squad["id"]],
        "squad": [squad["id"]],
        "station": ["sta_duandian"],
        "area": [COMMUNITY, COMMUNITY[:9], "3701"],
        "community": [COMMUNITY],
        "parent": ["3701", "370104"],
        "phone": [newcomer.phone],
        "id_number": [id_number()],
    }
