"""What a service's document says of its routes, by the routes alone."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field

from chassis.http.idempotency import KeyedCause, RequestCause
from chassis.http.openapi import document
from chassis.http.paging import Cursor
from chassis.http.plain_route import API_PREFIX, PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View, id_path
from chassis.identity.guards import Principal, allow, anyone
from contracts.access import PERMISSIONS
from contracts.vocabulary import Category

Free = Annotated[Principal | None, anyone("a test")]


class MakeThing(Body):
    category: Category
    note: Annotated[str | None, Field(examples=["short"])] = None
    times: Annotated[int, Field(ge=1, le=9)]
    hidden: bool = False


class ThingView(View):
    id: str
    category: Category
    note: str | None = None


def _document() -> dict[str, Any]:
    app, router = FastAPI(), APIRouter(prefix="/things", route_class=PlainRoute)
    document.install(app)

    @router.get("")
    async def list_things(
        who: Annotated[Principal, allow("report.file")],
        category: Category | None = None,
        cursor: Cursor = None,
    ) -> ThingView: ...

    @router.post("", status_code=201, responses=refuses("wrong_state"))
    async def make_thing(_: Free, body: MakeThing, cause: RequestCause) -> ThingView: ...

    @router.get("/{id}")
    async def get_thing(_: Free, id: Annotated[str, id_path("thg")]) -> ThingView: ...

    @router.post("/{id}/notes", status_code=201)
    async def add_note(_: Free, id: Annotated[str, id_path("thg")]) -> ThingView: ...

    @router.post("/{id}/pay")
    async def pay_thing(
        id: Annotated[str, id_path("thg")],
        who: Annotated[Principal, allow("technical.read")],
        cause: KeyedCause,
    ) -> BaseModel: ...

    assert None not in (list_things, make_thing, get_thing, add_note, pay_thing)
    app.include_router(router, prefix=API_PREFIX)
    assert app.openapi() is app.openapi()
    return app.openapi()


DOCUMENT = _document()
LIST = DOCUMENT["paths"]["/api/v1/things"]["get"]
MAKE = DOCUMENT["paths"]["/api/v1/things"]["post"]
NOTE = DOCUMENT["paths"]["/api/v1/things/{id}/notes"]["post"]
PAY = DOCUMENT["paths"]["/api/v1/things/{id}/pay"]["post"]


def problems(operation: dict[str, Any]) -> dict[str, list[str]]:
    return {
        status: answer["x-problems"]
        for status, answer in operation["responses"].items()
        if int(status) >= 400
    }


def test_the_guard_says_who_may_ask() -> None:
    assert DOCUMENT["security"] == [{"bearer": []}]
    assert LIST["x-permission"] == "report.file"
    assert LIST["x-roles"] == sorted(PERMISSIONS["report.file"])
    assert "security" not in LIST
    assert MAKE["security"] == [{}, {"bearer": []}]
    assert "x-roles" not in MAKE


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            LIST,
            {
                "401": ["not_signed_in", "session_ended", "token_invalid"],
                "403": ["not_allowed", "outside_area"],
                "422": ["bad_request", "cursor_invalid"],
                "503": ["unavailable"],
            },
        ),
        (
            MAKE,
            {
                "400": ["bad_request"],
                "401": ["session_ended", "token_invalid"],
                "408": ["too_slow"],
                "409": ["conflict", "wrong_state"],
                "413": ["too_large"],
                "415": ["media_type"],
                "422": ["bad_request", "key_reused"],
                "503": ["unavailable"],
            },
        ),
        (
            PAY,
            {
                "401": ["not_signed_in", "session_ended", "token_invalid"],
                "403": ["not_allowed", "outside_area"],
                "404": ["not_found"],
                "409": ["conflict"],
                "422": ["bad_request", "key_reused"],
                "503": ["unavailable"],
            },
        ),
    ],
    ids=["guarded list", "open write", "keyed"],
)
def test_an_operation_names_the_problems_that_it_can_give(
    operation: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    assert problems(operation) == expected


def test_every_problem_that_is_given_is_one_of_the_types() -> None:
    types = DOCUMENT["components"]["schemas"]["ProblemType"]["enum"]
    given = {code for o in (LIST, MAKE, PAY) for codes in problems(o).values() for code in codes}
    assert types == sorted(f"urn:problem:{code}" for code in given)
    assert (
        DOCUMENT["components"]["schemas"]["ProblemDocument"]["properties"]["type"]["$ref"]
        == "#/components/schemas/ProblemType"
    )


def test_headers_of_answers_are_told() -> None:
    assert [*MAKE["responses"]["201"]["headers"]] == ["Location"]
    assert "headers" not in NOTE["responses"]["201"]  # a note has no address of its own
    assert [*MAKE["responses"]["503"]["headers"]] == ["Retry-After"]
    assert [*MAKE["responses"]["401"]["headers"]] == ["WWW-Authenticate"]


def test_a_key_is_never_null_and_required_where_the_route_needs_one() -> None:
    for operation, required in ((MAKE, False), (PAY, True)):
        (key,) = (p for p in operation["parameters"] if p["in"] == "header")
        assert (key["name"], key["required"]) == ("Idempotency-Key", required)
        assert key["schema"]["type"] == "string"
        assert "default" not in key["schema"]


def test_a_vocabulary_is_defined_once_and_referred_to() -> None:
    reference = {"$ref": "#/components/schemas/Category"}
    parameter = LIST["parameters"][0]["schema"]
    schemas = DOCUMENT["components"]["schemas"]
    assert parameter.items() >= reference.items()
    assert schemas["MakeThing"]["properties"]["category"] == reference
    assert schemas["ThingView"]["properties"]["category"] == reference
    assert "traffic" in schemas["Category"]["enum"]


def test_a_problem_that_the_catalogue_lacks_is_refused_when_wiring() -> None:
    with pytest.raises(KeyError, match="no_such_problem"):
        refuses("no_such_problem")


def test_an_example_is_made_of_those_of_the_fields() -> None:
    """Of what is required, and of what says by an example that it may be given."""
    body = MAKE["requestBody"]["content"]["application/json"]
    assert body["example"] == {"category": "traffic", "note": "short", "times": 1}


def test_schemas_say_nothing_twice() -> None:
    times = DOCUMENT["components"]["schemas"]["MakeThing"]["properties"]["times"]
    assert times == {"type": "integer", "minimum": 1, "maximum": 9}
    assert isinstance(times["minimum"], int)
    titles = DOCUMENT["components"]["schemas"]["ProblemDocument"]["properties"]["title"]
    assert titles == {"type": "string"}, "a field of this name stays"
