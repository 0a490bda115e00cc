"""Real values for fuzzed requests, where an id, a place or a code belongs. No other test uses
them."""

import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.security.callout_under_way import png
from tests.security.staff import Staff, headers_of
from tests.support.client import Api, Json, Person, ask, new_phone, start_duty, upload_photo
from tests.support.demonstration import PLACE, STATION, report_body
from tests.telemetry.canaries import id_number

COMMUNITY = "370104009203"
CATEGORIES = ("assistance", "dispute", "hazard", "theft", "nuisance", "tip")


@dataclass(frozen=True)
class FuzzValues:
    """`named`: values by the name of a parameter, or by `noun.name`."""

    named: dict[str, list[Any]]

    def of(self, noun: str, name: str) -> list[Any]:
        """What may stand for a parameter of this noun. Empty where it names nothing."""
        return self.named.get(f"{noun}.{name}") or self.named.get(name, [])

    def fill(self, value: Any, choose: Callable[[list[Any]], Any]) -> Any:
        """The body with real values for ids, and places in Jinan."""
        if isinstance(value, list):
            return [self.fill(item, choose) for item in value]
        if not isinstance(value, Mapping):
            return value
        filled = {
            key: choose(self.named[key]) if key in self.named else self.fill(item, choose)
            for key, item in value.items()
        }
        return filled | {
            key: place for key, place in PLACE.items() if key in value and key != "datum"
        }


@asynccontextmanager
async def fuzz_values(api: Api, staff: Staff) -> AsyncGenerator[FuzzValues]:
    """A volunteer is on duty meanwhile, and is called."""
    await start_duty(staff["volunteer"], PLACE)
    newcomer = await _applicant(api)
    named = await _people_values(staff, newcomer) | await _report_values(api, staff["resident"])
    places: dict[str, list[Any]] = {
        "station": [STATION],
        "area": [COMMUNITY, COMMUNITY[:9], "3701"],
        "community": [COMMUNITY],
        "parent": ["3701", "370104"],
    }
    try:
        yield FuzzValues(named | places)
    finally:
        for role in ("volunteer", "leader"):
            headers = await headers_of(staff, role)
            await ask(api, None, "POST", "duty/end", headers=headers)


async def _applicant(api: Api) -> Person:
    """A newcomer who has applied to the station."""
    newcomer = await api.sign_in(new_phone())
    application: Json = {"station": STATION, "area": COMMUNITY, "name": "新人", "skills": []}
    await newcomer.post("volunteers", application | {"id_number": id_number()})
    return newcomer


async def _people_values(staff: Staff, newcomer: Person) -> dict[str, list[Any]]:
    name = f"接口队{secrets.token_hex(3)}"
    squad = (await staff["officer"].post("squads", {"station": STATION, "name": name}))["id"]
    volunteers = [staff["volunteer"].id, newcomer.id]
    return {
        "volunteers.id": [newcomer.id],
        "account": [newcomer.id],
        "leader": [newcomer.id],
        "volunteer": volunteers,
        "volunteers": [volunteers],
        "squads.id": [squad],
        "squad": [squad],
        "phone": [newcomer.phone],
        "id_number": [id_number()],
    }


async def _report_values(api: Api, resident: Person) -> dict[str, list[Any]]:
    photo = await upload_photo(resident, png())
    reports = [(await resident.post("reports", _report(category)))["id"] for category in CATEGORIES]
    anonymous = await ask(api, None, "POST", "reports", json=_report("nuisance", anonymous=True))
    filed: Json = anonymous.raise_for_status().json()
    return {
        "reports.id": reports,
        "report": reports,
        "number": [filed["number"]],
        "key": [filed["follow_up_key"]],
        "photo": [photo],
    }


def _report(category: str, **more: Any) -> Json:
    return report_body("楼下有事想请人来看看", category, community=COMMUNITY, **more)
