"""On real servers: what people do with their messages."""

import pytest

from services.notify.tests.conftest import Notify, eventually
from services.notify.tests.topics import called, deliveries, published

pytestmark = pytest.mark.servers


async def test_a_message_is_read_and_acknowledged_by_its_recipient_alone(notify: Notify):
    person, callout, report = notify.new("acc"), notify.new("cal"), notify.new("rep")
    await notify.publish(called(person, callout, report=report), callout)
    (message,) = await notify.inbox_of(person, 1)
    async with notify.client("acc_stranger") as stranger:
        for verb in ("read", "acknowledge"):
            answer = await stranger.post(f"/api/v1/inbox/{message['id']}/{verb}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
    async with notify.client(person) as client:
        key = {"Idempotency-Key": notify.new("key")}
        first = await client.post(f"/api/v1/inbox/{message['id']}/acknowledge", headers=key)
        second = await client.post(f"/api/v1/inbox/{message['id']}/acknowledge", headers=key)
        assert first.json() == second.json()
        assert first.json()["acknowledged_at"]
    assert await notify.inbox(person, unread="true") == []
    await published(notify, "MessageAcknowledged", message["id"])
    assert (await deliveries(notify, report))[0]["acknowledged_at"]


async def test_an_inbox_is_read_page_by_page(notify: Notify):
    person = notify.new("acc")
    for _ in range(60):
        callout = notify.new("cal")
        await notify.publish(called(person, callout), callout)
    await notify.inbox_of(person, 50)
    async with notify.client(person) as client:

        async def all_of_it() -> list[str]:
            page = (await client.get("/api/v1/inbox")).json()
            rest = (await client.get("/api/v1/inbox", params={"cursor": page["next"]})).json()
            ids = [message["id"] for message in page["items"] + rest["items"]]
            assert rest["next"] is None
            return ids if len(ids) == 60 else []

        assert len(set(await eventually(all_of_it))) == 60
        whole = (await client.get("/api/v1/inbox", params={"limit": 60})).json()
        assert (len(whole["items"]), whole["next"]) == (60, None)
        broken = await client.get("/api/v1/inbox", params={"cursor": "nonsense"})
        assert broken.status_code == 422
        assert broken.json()["errors"][0]["field"] == "query.cursor"
