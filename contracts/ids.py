"""Forms of the ids and codes in answers of the API, named after what they are of. An id says its
kind first: `rep_8f0c2e51d7a94b3c6e10`.

They describe and do not check: an answer holds what is stored, and an id of another form in a
request is simply not found.
"""

from typing import Annotated, Literal

from pydantic import WithJsonSchema
from typing_extensions import TypeAliasType

from jinan.areas import AREA_PATTERN


def _form(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


def _derived(kind: str) -> WithJsonSchema:
    """Of what a cause makes: a kind and 20 hexadecimal digits."""
    return _form(f"^{kind}_[0-9a-f]{{20}}$", f"{kind}_8f0c2e51d7a94b3c6e10")


AccountId = TypeAliasType("AccountId", Annotated[str, _derived("acc")])
ActorId = TypeAliasType("ActorId", AccountId | Literal["system"])
"""Who did it: a person, or a roster that was read in."""
SessionId = TypeAliasType("SessionId", Annotated[str, _derived("ses")])
GrantProposalId = TypeAliasType("GrantProposalId", Annotated[str, _derived("gpr")])
ProposalId = TypeAliasType("ProposalId", Annotated[str, _derived("prp")])
WatchId = TypeAliasType("WatchId", Annotated[str, _form(r"^wat_3701\d{0,5}$", "wat_370104009")])
StationId = TypeAliasType(
    "StationId", Annotated[str, _form("^sta_[0-9a-z]{1,36}$", "sta_duandian")]
)
SquadId = TypeAliasType("SquadId", Annotated[str, _form("^squ_[0-9a-z]{1,36}$", "squ_01")])
ReportId = TypeAliasType("ReportId", Annotated[str, _derived("rep")])
QuestionId = TypeAliasType("QuestionId", Annotated[str, _derived("que")])
PhotoId = TypeAliasType("PhotoId", Annotated[str, _derived("pho")])
LogEntryId = TypeAliasType("LogEntryId", Annotated[str, _derived("log")])
CalloutId = TypeAliasType("CalloutId", Annotated[str, _derived("cal")])
PositionAccessId = TypeAliasType(
    "PositionAccessId",
    Annotated[
        str,
        _form(
            r"^look_acc_[0-9a-f]{20}_acc_[0-9a-f]{20}_\d+$",
            "look_acc_8f0c2e51d7a94b3c6e10_acc_5f1e0c9a7b3d2e4f6a8c_294010",
        ),
    ],
)
HoursCheckId = TypeAliasType("HoursCheckId", Annotated[str, _derived("chk")])
MessageId = TypeAliasType(
    "MessageId",
    Annotated[
        str,
        _form(
            "^msg_[0-9a-f]{20}-acc_[0-9a-f]{20}$",
            "msg_8f0c2e51d7a94b3c6e10-acc_5f1e0c9a7b3d2e4f6a8c",
        ),
    ],
)
"""One person's message."""

AreaCode = TypeAliasType("AreaCode", Annotated[str, _form(AREA_PATTERN, "370104009")])
"""The city (4 digits), a district (6), a street (9) or a community (12)."""
CommunityCode = TypeAliasType(
    "CommunityCode", Annotated[str, _form(r"^3701\d{8}$", "370104009008")]
)
