"""The stream in the API document: typed events, and no token in the address."""

from services.notify.main import app

DOCUMENT = app.openapi()
OPERATION = DOCUMENT["paths"]["/api/v1/stream"]["get"]


def test_each_event_has_a_schema() -> None:
    (media_type,) = OPERATION["responses"]["200"]["content"].items()
    assert media_type[0] == "text/event-stream"
    event = DOCUMENT["components"]["schemas"][media_type[1]["schema"]["$ref"].rpartition("/")[2]]
    assert event["properties"]["event"]["$ref"].endswith("/MessageKind")
    assert event["properties"]["data"]["$ref"].endswith("/MessageView")
    assert {*event["required"]} == {"event", "id", "data"}


def test_a_token_in_the_address_is_the_gateways_alone() -> None:
    assert "access_token" not in {parameter["name"] for parameter in OPERATION["parameters"]}
