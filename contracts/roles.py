"""Who may do what (domain table "Areas and roles"). Areas are checked with
`contracts.areas.covers`."""

from typing import Literal

from contracts.words import Role

Permission = Literal[
    "report.file",
    "report.read",
    "report.manage",
    "duty.serve",
    "callout.command",
    "volunteer.decide",
    "volunteer.propose",
    "person.read",
    "figures.read",
    "technical.read",
    "own",
    "grant.give",
    "station.register",
]

_EVERYONE: frozenset[Role] = frozenset(
    {"resident", "volunteer", "leader", "officer", "committee", "city_desk", "operator"}
)

PERMISSIONS: dict[Permission, frozenset[Role]] = {
    "own": _EVERYONE,
    "report.file": _EVERYONE - {"operator"},
    "report.read": frozenset({"resident", "volunteer", "leader", "officer", "committee"}),
    "report.manage": frozenset({"officer", "committee"}),
    "duty.serve": frozenset({"volunteer", "leader"}),
    "callout.command": frozenset({"leader", "officer"}),
    "volunteer.decide": frozenset({"officer"}),
    "volunteer.propose": frozenset({"leader", "committee", "officer"}),
    "person.read": frozenset({"leader", "officer"}),
    "figures.read": _EVERYONE - {"operator"},
    "technical.read": frozenset({"operator"}),
    "grant.give": frozenset({"officer", "city_desk"}),
    "station.register": frozenset({"city_desk"}),
}
"""Permission -> roles that hold it, within the area (and squad) of the grant."""
