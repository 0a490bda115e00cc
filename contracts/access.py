"""Who may do what (domain table "Areas and roles"). Areas are checked with
`jinan.areas.covers`."""

import math
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary import Role
from jinan.areas import covers

Permission = Literal[
    "report.file",
    "report.read",
    "report.manage",
    "duty.serve",
    "callout.command",
    "volunteer.decide",
    "volunteer.propose",
    "person.read",
    "person.erase",
    "figures.read",
    "technical.read",
    "own",
    "grant.give",
    "station.register",
    "watch.hold",
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
    "person.erase": frozenset({"city_desk"}),
    "figures.read": _EVERYONE - {"operator"},
    "technical.read": frozenset({"operator"}),
    "grant.give": frozenset({"officer", "city_desk"}),
    "station.register": frozenset({"city_desk"}),
    "watch.hold": frozenset({"officer"}),
}
"""Permission -> roles that hold it, within the area (and squad) of the grant."""


class Grant(BaseModel):
    """A role in an area; for leaders and volunteers in a squad too. `until` None: until taken
    back."""

    model_config = ConfigDict(frozen=True)

    role: Role
    area: str
    squad: str | None = None
    until: datetime | None = None


class Principal(BaseModel):
    """A signed-in person, by the access token: account id, session id and grants. `version` is the
    account's when the token was `issued` (Unix seconds)."""

    model_config = ConfigDict(frozen=True)

    subject: str
    session: str
    grants: tuple[Grant, ...] = ()
    version: int = 0
    issued: float = math.inf
    until: float = math.inf
    """When the token expires, Unix seconds: an open stream ends then."""

    def with_grants(self, grants: tuple[Grant, ...]) -> Self:
        """The same person with other grants."""
        return type(self).model_validate(dict(self) | {"grants": grants})

    def grants_for(self, permission: Permission) -> tuple[Grant, ...]:
        roles = PERMISSIONS[permission]
        return tuple(grant for grant in self.grants if grant.role in roles)

    def has(self, *roles: Role) -> bool:
        return any(grant.role in roles for grant in self.grants)

    @property
    def squads_led(self) -> frozenset[str]:
        return frozenset(g.squad for g in self.grants if g.role == "leader" and g.squad)

    def may(
        self, permission: Permission, area: str, *roles: Role, squad: str | None = None
    ) -> bool:
        """Whether a grant with this permission (of these roles, if any are named) covers the area.

        A leader's grant reaches their own squad only, all of it: its members live in any street of
        the station. Pass the squad that the matter belongs to.
        """
        return any(
            (squad is not None and grant.squad == squad)
            if grant.role == "leader"
            else covers(grant.area, area)
            for grant in self.grants_for(permission)
            if not roles or grant.role in roles
        )
