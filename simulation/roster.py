"""The demonstration's roster: `python -m simulation.roster` prints it as JSON for
`services.registration.roster`, and with `--who` the people who can sign in."""

import json
import sys
from typing import Any

from deploy.local.platform import Platform
from simulation.people import Person, demonstration, who_can_sign_in


def roster() -> dict[str, Any]:
    """The station, its squads, volunteers and staff. The residents open their accounts by signing
    in."""
    plan = demonstration()
    phones = {person.key: person.phone for person in plan.volunteers}
    return {
        "stations": [vars(plan.station)],
        "squads": [
            {
                "id": squad.id,
                "station": plan.station.id,
                "name": squad.name,
                "leader": phones[squad.leader],
            }
            for squad in plan.squads
        ],
        "people": [
            *(_volunteer(person, plan.station.id) for person in plan.volunteers),
            *(_member(person) for person in plan.staff),
        ],
    }


def _volunteer(person: Person, station: str) -> dict[str, Any]:
    return {
        "phone": person.phone,
        "name": person.name,
        "volunteer": {
            "station": station,
            "area": person.area,
            "id_number": person.id_number,
            "squad": person.squad,
            "skills": person.skills,
        },
    }


def _member(person: Person) -> dict[str, Any]:
    return {
        "phone": person.phone,
        "name": person.name,
        "birth_year": person.birth_year,
        "roles": [{"role": person.role, "area": person.area}],
    }


def as_json() -> str:
    return json.dumps(roster(), ensure_ascii=False, indent=1)


def load(platform: Platform) -> str:
    """Load it into a platform of this machine; returns what was printed."""
    file = platform.home / "roster.json"
    file.write_text(as_json(), "utf-8")
    return platform.run_module("services.registration.roster", "registration", str(file))


if __name__ == "__main__":
    if sys.argv[1:] == ["--who"]:
        print("\n".join("\t".join(row) for row in who_can_sign_in()))
    else:
        print(as_json())
