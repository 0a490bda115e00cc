"""People of every role who have no part in a call-out."""

import secrets

from contracts.vocabulary import Role
from tests.security.staff import Staff
from tests.support.client import Api, Json, Person, appoint, new_phone, renewed
from tests.support.waiting import eventually
from tests.telemetry.canaries import id_number


async def strangers(api: Api, staff: Staff, second: Person) -> dict[str, Person | None]:
    """By a description: each role of another station, and people who are near but of another
    squad or community. `anonymous` is not signed in. `second` confirms what the desk proposes."""
    desk = staff["city_desk"]
    return {
        "anonymous": None,
        "resident": await _newcomer(api),
        **await _another_station(api, desk, second),
        "committee of another community": staff["committee"],
        "city_desk": desk,
        "operator": staff["operator"],
        "leader of another squad": staff["leader"],
        "volunteer of another squad": staff["volunteer"],
    }


async def _newcomer(api: Api) -> Person:
    return await api.sign_in(new_phone())


async def _another_station(api: Api, desk: Person, second: Person) -> dict[str, Person]:
    """With an officer, a committee member, and a squad of a leader and a volunteer."""
    street = await _free_street(desk)
    community = (await _divisions(desk, street))[0]["code"]
    station = await _open_station(desk, street)
    officer = await _newcomer(api)
    await appoint(desk, second, officer.id, "officer", street)
    officer = await renewed(officer)
    committee = await _with_grant(desk, await _newcomer(api), "committee", community)
    squad = (await officer.post("squads", {"station": station, "name": "外队"}))["id"]
    application: Json = {"station": station, "area": community, "name": "外人", "skills": []}
    leader, volunteer = [
        await _approved(officer, await _newcomer(api), application, squad) for _ in range(2)
    ]
    await officer.post(f"squads/{squad}/leader", {"account": leader.id})
    return {
        "volunteer elsewhere": await _once_granted(volunteer, "volunteer"),
        "leader elsewhere": await _once_granted(leader, "leader"),
        "officer elsewhere": officer,
        "committee elsewhere": committee,
    }


async def _divisions(desk: Person, parent: str) -> list[Json]:
    return (await desk.get("divisions", parent=parent))["items"]


async def _free_street(desk: Person) -> str:
    """One that no station serves."""
    stations = (await desk.get("stations", limit=200))["items"]
    served = {street for station in stations for street in station["streets"]}
    streets = await _divisions(desk, "370102")
    return next(street["code"] for street in streets if street["code"] not in served)


async def _open_station(desk: Person, street: str) -> str:
    place = {"longitude": 117.0, "latitude": 36.6}
    name = f"外所{secrets.token_hex(4)}"
    return (await desk.post("stations", {"name": name, "streets": [street], **place}))["id"]


async def _with_grant(desk: Person, person: Person, role: Role, area: str) -> Person:
    await desk.post("grants", {"account": person.id, "role": role, "area": area})
    return await renewed(person)


async def _approved(officer: Person, person: Person, application: Json, squad: str) -> Person:
    await person.post("volunteers", application | {"id_number": id_number()})
    await officer.post(f"volunteers/{person.id}/approve", {"squad": squad})
    return person


async def _once_granted(person: Person, role: Role) -> Person:
    """With a token that has this role."""

    def granted(me: Json) -> bool:
        return role in {grant["role"] for grant in me["grants"]}

    await eventually(lambda: person.get("accounts/me"), granted, what=f"{role} granted", within=60)
    return await renewed(person)
