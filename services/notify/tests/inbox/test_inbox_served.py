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


async def test_unread_messages_are_counted_and_all_that_were_shown_are_read(notify: Notify):
    person, other = notify.new("acc"), notify.new("acc")
    for _ in range(3):
        callout = notify.new("cal")
        await notify.publish(called(person, callout), callout)
    others_callout = notify.new("cal")
    await notify.publish(called(other, others_callout), others_callout)
    shown = await notify.inbox_of(person, 3)
    await notify.inbox_of(other, 1)
    async with notify.client(person) as client:
        assert (await client.get("/api/v1/inbox/unread")).json() == {"count": 3, "more": False}
        second = sorted(message["at"] for message in shown)[1]
        for _ in range(2):  # a repeat with the same key changes nothing
            answer = await client.post(
                "/api/v1/inbox/read",
                json={"until": second},
                headers={"Idempotency-Key": f"read-all-{person}"},
            )
            assert answer.status_code == 204, answer.text
        left = await notify.inbox(person, unread="true")
        assert all(message["at"] > second for message in left), "what came since stays unread"
        counted = (await client.get("/api/v1/inbox/unread")).json()
        assert counted == {"count": len(left), "more": False}
        newest = max(message["at"] for message in shown)
        await client.post("/api/v1/inbox/read", json={"until": newest})
        assert (await client.get("/api/v1/inbox/unread")).json()["count"] == 0
        assert (await client.post("/api/v1/inbox/read", json={})).status_code == 422
    read = await notify.inbox(person)
    assert all(message["read_at"] and not message["acknowledged_at"] for message in read)
    assert len(await notify.inbox(other, unread="true")) == 1, "another's stay theirs"


async def test_more_messages_than_one_batch_are_all_read(notify: Notify):
    person, inbox = notify.new("acc"), Inbox(notify.service.store)
    now, text = notify.service.clock.now(), Template(zh=("通知",), en=("Notice",))
    for _ in range(120):
        stored = Message(
            id=notify.new("msg"),
            kind="notice",
            title=text,
            body=text,
            at=now,
            recipients=(Recipient(account=person),),
        )
        await inbox.add(stored, (), Cause(stored.id))
    async with notify.client(person) as client:
        answer = await client.post("/api/v1/inbox/read", json={"until": now.isoformat()})
        assert answer.status_code == 204
        assert (await client.get("/api/v1/inbox/unread")).json()["count"] == 0
