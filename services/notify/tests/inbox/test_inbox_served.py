"""On real servers: what people do with their messages."""

import pytest

from chassis.domain import Cause
from services.notify.inbox.domain import Message, Recipient, Template
from services.notify.inbox.store import Inbox
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


@pytest.mark.parametrize("unread", [False, True])
async def test_pages_of_an_inbox_give_each_message_of_one_millisecond_once(
    notify: Notify, unread: bool
):
    person, others, inbox = (
        notify.new("acc"),
        [notify.new("acc") for _ in range(4)],
        Inbox(notify.service.store),
    )
    now, text = notify.service.clock.now(), Template(zh=("通知",), en=("Notice",))
    ids = [notify.new("msg") for _ in range(7)]
    for id in ids:
        accounts = sorted([person, *others])
        stored = Message(
            id=id,
            kind="notice",
            title=text,
            body=text,
            at=now,
            recipients=tuple(Recipient(account=one) for one in accounts),
        )
        await inbox.add(stored, (), Cause(id))
    expected = [f"{id}-{person}" for id in sorted(ids, reverse=True)]
    async with notify.client(person) as client:
        if unread:
            for id in (expected.pop(2), expected.pop(4)):
                assert (await client.post(f"/api/v1/inbox/{id}/read")).status_code == 200
        for limit in (1, 2, 3):
            found, query = list[str](), {"limit": limit, "unread": unread}
            while True:
                page = (await client.get("/api/v1/inbox", params=query)).json()
                found += [one["id"] for one in page["items"]]
                if page["next"] is None:
                    break
                query["cursor"] = page["next"]
            assert found == expected
