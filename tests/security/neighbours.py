"""A matter with its people at the demonstration station, and people of every role who have no part
in it."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from contracts.vocabulary import Role
from simulation.people import DOOR, demonstration
from tests.security.people import Json, Person, Staff, planned, until
from tests.security.town import picture
from tests.support.platform import WholePlatform
from tests.telemetry.canaries import id_number

COMMUNITY, STREET = "370104009008", "370104009"
PLACE: Json = {"longitude": DOOR[0] + 0.00213, "latitude": DOOR[1] + 0.00117, "datum": "wgs84"}


@dataclass
class Matter:
    """What belongs to others: ids by what they are ids of, and what must not be told of it."""

    ids: dict[str, str]
    told_to_nobody: list[str]


class Arrival:
    """Who is there, and what time it is for the platform."""

    def __init__(self, staff: Staff, platform: WholePlatform) -> None:
        self._platform = platform
        self.plan = demonstration()
        self.staff, self.person, self.nobody = staff.by_role, staff.person, staff.nobody

    def now(self) -> str:
        return self._platform.clock.now().isoformat()


def _volunteer(arrival: Arrival, squad: str | None) -> Person:
    """Of another squad than this one, from the far end of the list."""
    plans = [
        p for p in arrival.plan.volunteers if p.role == "volunteer" and 1960 <= p.birth_year <= 2004
    ]
    return arrival.person("volunteer", next(p for p in reversed(plans) if p.squad != squad).phone)


def matter(arrival: Arrival) -> tuple[Matter, Person]:
    """A report with a picture, which a volunteer has come for; and that volunteer."""
    reporter, volunteer = (
        arrival.person("resident"),
        _volunteer(arrival, planned(arrival.plan)["leader"].squad),
    )
    words, remark = f"旁人不可知{secrets.token_hex(6)}", f"旁人不可见{secrets.token_hex(6)}"
    volunteer.go_on_duty(PLACE)
    body = {
        "text": words,
        "category": "assistance",
        "location": PLACE,
        "community": COMMUNITY,
        "people_needed": 1,
    }
    photo = reporter.hand_in(picture())
    report = reporter.post("reports", body | {"photo": photo})
    reporter.post(f"reports/{report['id']}/notes", {"text": remark})

    def alert() -> Json | None:
        volunteer.post("positions", {"positions": [PLACE | {"at": arrival.now()}]})
        messages = volunteer.get("inbox")["items"]
        return next(
            (m for m in messages if m["report"] == report["id"] and m["kind"] == "alert"), None
        )

    message = until(alert)
    volunteer.post(f"callouts/{message['callout']}/accept")
    volunteer.post(f"callouts/{message['callout']}/arrive")
    until(lambda: reporter.get(f"reports/{report['id']}")["state"] == "on_scene")
    me = volunteer.get("accounts/me")
    ids = {
        "report": report["id"],
        "callout": message["callout"],
        "message": message["id"],
        "account": volunteer.id,
        "reporter": reporter.id,
        "session": reporter.get("sessions")["sessions"][0]["id"],
        "number": report["number"],
        "squad": me["volunteer"]["squad"],
        "station": "sta_duandian",
        "phone": volunteer.phone or "",
        "photo": photo,
    }
    told = [
        ids[name]
        for name in (
            "report",
            "callout",
            "message",
            "account",
            "reporter",
            "number",
            "phone",
            "session",
        )
    ]
    where = [f"{PLACE['longitude']:.5f}", f"{PLACE['latitude']:.5f}"]
    return Matter(ids, [*told, words, remark, *where, reporter.phone or ""]), volunteer


def strangers(arrival: Arrival) -> dict[str, Person]:
    """By what they are: each role of another station, and who is near but of another squad,
    community or person."""
    desk = arrival.staff["city_desk"]
    street = _free_street(desk)
    community = desk.get("divisions", parent=street)[0]["code"]
    officer, committee, leader, volunteer = (
        arrival.person(role) for role in ("officer", "committee", "leader", "vol")
    )
    for person in (officer, committee, leader, volunteer):
        person.sign_in()
    station = desk.post(
        "stations",
        {
            "name": f"外所{secrets.token_hex(4)}",
            "streets": [street],
            "longitude": 117.0,
            "latitude": 36.6,
        },
    )["id"]
    _give(desk, officer, "officer", street)
    _give(desk, committee, "committee", community)
    squad = officer.post("squads", {"station": station, "name": "外队"})["id"]
    for person in (leader, volunteer):
        person.post(
            "volunteers",
            {
                "station": station,
                "area": community,
                "name": "外人",
                "id_number": id_number(),
                "skills": [],
            },
        )
        officer.post(f"volunteers/{person.id}/approve", {"squad": squad})
    officer.post(f"squads/{squad}/leader", {"account": leader.id})
    for role, person in (("leader", leader), ("volunteer", volunteer)):
        until(
            lambda p=person, r=role: (
                r in {grant["role"] for grant in p.get("accounts/me")["grants"]}
            )
        )
        person.renew()
    near = {f"{role} of another squad": arrival.staff[role] for role in ("leader", "volunteer")}
    return {
        "anonymous": arrival.nobody(),
        "resident": arrival.person("resident"),
        "volunteer elsewhere": volunteer,
        "leader elsewhere": leader,
        "officer elsewhere": officer,
        "committee elsewhere": committee,
        "committee of another community": arrival.staff["committee"],
        "city_desk": desk,
        "operator": arrival.staff["operator"],
        **near,
    }


def _free_street(desk: Person) -> str:
    served = {street for station in desk.get("stations") for street in station["streets"]}
    return next(
        d["code"] for d in desk.get("divisions", parent="370102") if d["code"] not in served
    )


def _give(desk: Person, person: Person, role: Role, area: str) -> None:
    desk.post("grants", {"account": person.id, "role": role, "area": area})
    person.renew()


@contextmanager
def neighbours(
    staff: Staff, platform: WholePlatform
) -> Generator[tuple[Matter, dict[str, Person]]]:
    """The matter is under way while the context is open."""
    arrival = Arrival(staff, platform)
    found, volunteer = matter(arrival)
    try:
        yield found, strangers(arrival)
    finally:
        volunteer.ask("POST", f"callouts/{found.ids['callout']}/finish", json={"outcome": "solved"})
        volunteer.ask("POST", "duty/end", json={})
