"""A copy has everything that the person gave, and nothing of anybody else."""

import secrets
from typing import Any

import pytest

from services.incidents.tests.running import COMMUNITY, OFFICER, Incidents, person, post, report

pytestmark = pytest.mark.servers
VOLUNTEER = ("volunteer", "370104009", "squ_1")


def canary(kind: str) -> str:
    return f"{kind}{secrets.token_hex(4)}"


async def _all_pages(incidents: Incidents, who: str, path: str) -> tuple[list[Any], str]:
    items, seen, cursor = list[Any](), "", None
    async with incidents.client(who) as own:
        while True:
            params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            answer = await own.get(path, params=params)
            assert answer.status_code == 200, answer.text
            page, seen = answer.json(), seen + answer.text
            assert page["id"] == who
            items += page["items"]
            if (cursor := page["next"]) is None:
                return items, seen


async def test_own_words_are_in_it_and_nobody_else_s(incidents: Incidents):
    who, other = person(), person()
    given, foreign = list[str](), list[str]()

    def give(kind: str) -> str:
        given.append(canary(kind))
        return given[-1]

    def hide(kind: str) -> str:
        foreign.append(canary(kind))
        return foreign[-1]

    async with incidents.client(who) as own, incidents.client("acc_31", OFFICER) as officer:
        for _ in range(5):
            filed = await post(own, "/reports", report(f"楼下广场舞太吵 {give('text')}"), 201)
            path = f"/reports/{filed['id']}"
            await post(own, f"{path}/notes", {"text": give("note")}, 201)
            await post(officer, f"{path}/questions", {"text": hide("question")}, 201)
            await post(own, f"{path}/answer", {"text": give("answer")})
            await post(officer, f"{path}/notes", {"text": hide("officer")}, 201)
            await post(own, f"{path}/withdraw", {"reason": give("reason")})
    async with incidents.client(other) as neighbour:
        await post(neighbour, "/reports", report(f"楼下广场舞太吵 {hide('neighbour')}"), 201)

    items, seen = await _all_pages(incidents, who, "/reports/me/data")
    assert len({one["id"] for one in items}) == len(items) == 5
    assert not [words for words in given if words not in seen]
    assert not [words for words in (*foreign, "acc_31", other) if words in seen]


async def test_own_log_entries_are_in_it_and_nobody_else_s(incidents: Incidents):
    who, other = person(), person()
    words = {who: [canary("own") for _ in range(5)], other: [canary("other")]}
    for volunteer, texts in words.items():
        async with incidents.client(volunteer, VOLUNTEER) as own:
            for text in texts:
                entry = {"kind": "visit", "text": text, "community": COMMUNITY, "minutes": 20}
                await post(own, "/log-entries", entry, 201, secrets.token_hex(8))
    items, seen = await _all_pages(incidents, who, "/log-entries/me/data")
    assert sorted(one["text"] for one in items) == sorted(words[who])
    assert words[other][0] not in seen
    assert other not in seen


async def test_nobody_reads_one_without_an_account(incidents: Incidents):
    async with incidents.client() as nobody:
        for path in ("/reports/me/data", "/log-entries/me/data"):
            assert (await nobody.get(path)).status_code == 401
