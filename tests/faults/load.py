"""Load on a platform: residents file reports at a steady rate, and newcomers sign up.

Each client behaves as a phone: one Idempotency-Key for one thing, repeated until it is answered.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import Coroutine, Iterator
from typing import Any, Protocol

import httpx

from tests.faults.client_log import ClientLog
from tests.faults.platform import FaultPlatform
from tests.support.client import Json, Person, new_phone
from tests.support.demonstration import report_body
from tests.support.waiting import eventually

RETRY_FOR_S = 120.0
"""How long a client repeats a request."""
RETRIED = frozenset({429, 500, 502, 503, 504})
MIXED = ("environment", "assistance", "environment", "environment", "environment", "environment")
WITHOUT_VOLUNTEERS = ("environment",)
_TEXTS = {"environment": "垃圾桶旁边没有扫干净", "assistance": "想请人帮忙把东西搬上楼"}
_REPEAT_EVERY = 7
"""Each so many-th report is repeated though it was answered, as if the answer had been lost."""


class LoggingClient:
    """Repeats each request until it is answered, and records it in the client log."""

    def __init__(self, platform: FaultPlatform) -> None:
        self.log: ClientLog = platform.client_log
        self._http = httpx.AsyncClient(
            base_url=f"{platform.url}/api/v1/",
            timeout=20,
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def request(
        self, who: Person | None, verb: str, path: str, body: Json, key: str
    ) -> httpx.Response | None:
        """POST. The answer, whatever its status; None if there was none within RETRY_FOR_S."""
        headers = {"Idempotency-Key": key}
        if who:
            headers["Authorization"] = f"Bearer {who.token}"
        self.log.unanswered[key] = verb
        until, pause = time.monotonic() + RETRY_FOR_S, 0.1
        while time.monotonic() < until:
            try:
                answer = await self._http.post(path, json=body, headers=headers)
            except httpx.TransportError as error:
                self.log.broken[verb, type(error).__name__] += 1
            else:
                self.log.answers[verb, answer.status_code] += 1
                if answer.status_code not in RETRIED:
                    del self.log.unanswered[key]
                    return answer
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        return None

    async def post(
        self, who: Person | None, verb: str, path: str, body: Json, key: str, id: str = ""
    ) -> Json | None:
        """The answer of a 2xx, which is recorded as acknowledged under `id` or its own id."""
        answer = await self.request(who, verb, path, body, key)
        if answer is None or not answer.is_success:
            return None
        view: Json = answer.json()
        self.log.acknowledged[verb][key].add(id or view["id"])
        return view

    async def get(self, path: str, headers: dict[str, str], **params: str) -> Json | None:
        """None unless the status is 200."""
        try:
            answer = await self._http.get(path, headers=headers, params=params)
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == 200 else None


class Listener(Protocol):
    """Somebody with an open stream; `received` has the ids of its messages."""

    id: str
    received: list[str]


class Load:
    """`rate`: reports a second, until `stop`; then everything that was begun is finished."""

    def __init__(self, platform: FaultPlatform, rate: float) -> None:
        self.client = LoggingClient(platform)
        self.log, self.clock = platform.client_log, platform.clock
        self.categories: tuple[str, ...] = MIXED
        """Of the reports, in turn."""
        self.on_duty: list[Listener] = []
        self._for_volunteers: list[tuple[Person, str]] = []
        self._dev_key, self._interval = platform.processes.dev_key, 1 / rate
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._keys = (f"{secrets.token_hex(6)}-{n}" for n in itertools.count())

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """A task that is finished before the load ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start(self, residents: list[Person]) -> None:
        filing = (self._file_next(who, n) for n, who in enumerate(itertools.cycle(residents)))
        self.spawn(self._pace(self._interval, filing))
        self.spawn(self._pace(1.0, (self._sign_up() for _ in itertools.count())))

    async def _pace(self, interval: float, works: Iterator[Coroutine[Any, Any, None]]) -> None:
        """Begin each at its time, whether those before are finished or not."""
        due = time.monotonic()
        for work in works:
            self.spawn(work)
            due += interval
            if await self.stops_within(due - time.monotonic()):
                return

    async def stops_within(self, seconds: float) -> bool:
        """Wait so long; whether the load stops meanwhile."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    async def _file_next(self, who: Person, n: int) -> None:
        category, key = self.categories[n % len(self.categories)], next(self._keys)
        await self.file_report(who, category, key)
        if n % _REPEAT_EVERY == 0:
            await self.file_report(who, category, key)

    async def file_report(self, who: Person, category: str, key: str) -> Json | None:
        # The same words within a minute would be one report.
        body = report_body(f"{_TEXTS[category]}（{key}）", category)
        report = await self.client.post(who, "report", "reports", body, key)
        if report is not None and category == "assistance":
            self._for_volunteers.append((who, report["id"]))
        return report

    async def withdraw_unanswered(self) -> None:
        """What volunteers have not dealt with: it would call those of the next load."""
        for who, id in self._for_volunteers:
            path, body = f"reports/{id}/withdraw", {"reason": "已自行解决"}
            await self.client.post(who, "withdraw", path, body, f"withdraw-{id}")

    async def _sign_up(self) -> None:
        """A newcomer with a new phone."""
        phone, key, client = new_phone(), next(self._keys), self.client
        body: Json = {"phone": phone}
        if await client.request(None, "code", "sign-in-codes", body, f"code-{key}") is None:
            return
        headers = {"X-Dev-Key": self._dev_key}

        async def sent_code() -> str | None:
            page = await client.get("dev/messages", headers, phone=phone)
            return page["items"][0]["code"] if page and page["items"] else None

        body |= {"code": await eventually(sent_code, what="a code", within=RETRY_FOR_S)}
        answer = await client.request(None, "session", "sessions", body, f"session-{key}")
        if answer is not None and answer.is_success:
            self.log.acknowledged["account"][key].add(answer.json()["account"]["id"])

    async def progress(
        self, more: int = 12, verb: str = "report", within: float = RETRY_FOR_S
    ) -> None:
        """Until so many more are acknowledged."""
        before = self.log.count(verb)

        async def enough() -> bool:
            return self.log.count(verb) >= before + more

        await eventually(enough, what=f"{more} more of {verb}", within=within)

    async def stop(self) -> None:
        """Nothing new is begun; what was begun is finished."""
        self._stopping.set()
        while self._tasks:
            await asyncio.wait(set(self._tasks), timeout=RETRY_FOR_S + 30)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.client.close()
