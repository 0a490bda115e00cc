"""A town at work: residents file reports at a steady rate, volunteers on duty go to them, newcomers
sign up.

Each does as a phone does: one Idempotency-Key for one thing, sent again until it is answered.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import Coroutine, Iterator
from typing import Any, Protocol

import httpx

from simulation.api import Json, Person
from simulation.people import DOOR
from tests.faults.ground import Ground
from tests.support.waiting import eventually

COMMUNITY = "370104009008"
PLACE = {"longitude": DOOR[0], "latitude": DOOR[1], "datum": "wgs84"}
PATIENCE_S = 120.0
"""How long a phone sends the same again."""
AGAIN = frozenset({429, 500, 502, 503, 504})
MIXED = ("environment", "assistance", "environment", "environment", "environment", "environment")
FOR_NOBODY_ON_DUTY = ("environment",)
_WORDS = {"environment": "垃圾桶旁边没有扫干净", "assistance": "想请人帮忙把东西搬上楼"}
# every so many-th report is sent again though it was answered: the answer did not reach the phone
_TWICE = 7


class Phone:
    """Sends what it has to say until it is answered, and keeps the record."""

    def __init__(self, ground: Ground) -> None:
        self.record, self.clock = ground.record, ground.clock
        self._http = httpx.AsyncClient(
            base_url=f"{ground.url}/api/v1/",
            timeout=20,
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def post(
        self, who: Person | None, verb: str, path: str, body: Json, key: str
    ) -> httpx.Response | None:
        """The answer, whatever it says; None if there was none within PATIENCE_S."""
        headers = {"Idempotency-Key": key} | (
            {"Authorization": f"Bearer {who.token}"} if who else {}
        )
        self.record.waiting[key] = verb
        until, pause = time.monotonic() + PATIENCE_S, 0.1
        while time.monotonic() < until:
            try:
                answer = await self._http.post(path, json=body, headers=headers)
            except httpx.TransportError as error:
                self.record.broken[verb, type(error).__name__] += 1
            else:
                self.record.answers[verb, answer.status_code] += 1
                if answer.status_code not in AGAIN:
                    del self.record.waiting[key]
                    return answer
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        return None

    async def do(
        self, who: Person | None, verb: str, path: str, body: Json, key: str, done: str = ""
    ) -> Json | None:
        """As `post`; what was answered 2xx is entered as done, by its own id or the one given."""
        answer = await self.post(who, verb, path, body, key)
        if answer is None or not answer.is_success:
            return None
        said: Json = answer.json()
        self.record.done[verb][key].add(done or said["id"])
        return said

    async def get(self, path: str, headers: dict[str, str], **params: str) -> Json | None:
        """None unless it was answered 200."""
        try:
            answer = await self._http.get(path, headers=headers, params=params)
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == 200 else None


class Listener(Protocol):
    """Somebody with an open stream; `heard` are the ids of its messages."""

    id: str
    heard: list[str]


class Load:
    """`rate`: reports a second. Until `stop`; then everything that was begun is finished."""

    def __init__(self, ground: Ground, rate: float) -> None:
        self.ground, self.record, self.phone = ground, ground.record, Phone(ground)
        self.kinds: tuple[str, ...] = MIXED
        """What reports are about, one after the other."""
        self.listeners: list[Listener] = []
        """Those on duty."""
        self._every = 1 / rate
        self._stopping = asyncio.Event()
        self._at_work: set[asyncio.Task[Any]] = set()
        self._keys = (f"{secrets.token_hex(6)}-{n}" for n in itertools.count())

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Something that is finished before the load ends."""
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    def start(self, residents: list[Person]) -> None:
        self.spawn(
            self._at_steps(
                self._every,
                (self._file(who, n) for n, who in enumerate(itertools.cycle(residents))),
            )
        )
        self.spawn(self._at_steps(1.0, (self._join() for _ in itertools.count())))

    async def _at_steps(self, every: float, works: Iterator[Coroutine[Any, Any, None]]) -> None:
        """Begin one after the other at a steady pace, whether those before are finished or not."""
        due = time.monotonic()
        for work in works:
            self.spawn(work)
            due += every
            if await self.stops_within(due - time.monotonic()):
                return

    async def stops_within(self, seconds: float) -> bool:
        """Waits so long; whether the load is to stop."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    async def _file(self, who: Person, n: int) -> None:
        kind, key = self.kinds[n % len(self.kinds)], next(self._keys)
        await self.file(who, kind, key)
        if n % _TWICE == 0:
            await self.file(who, kind, key)

    async def file(self, who: Person, kind: str, key: str) -> Json | None:
        body = {"text": _WORDS[kind], "category": kind, "location": PLACE, "community": COMMUNITY}
        return await self.phone.do(who, "report", "reports", body, key)

    async def _join(self) -> None:
        """A newcomer signs up with a phone of their own."""
        number, key, phone = self.ground.new_phone(), next(self._keys), self.phone
        if (
            await phone.post(None, "code", "sign-in-codes", {"phone": number}, f"code-{key}")
            is None
        ):
            return
        desk = {"X-Dev-Key": self.ground.platform.dev_key}

        async def sent() -> str | None:
            page = await phone.get("dev/messages", desk, phone=number)
            return page["items"][0]["code"] if page and page["items"] else None

        code = await eventually(sent, within=PATIENCE_S)
        body = {"phone": number, "code": code}
        answer = await phone.post(None, "session", "sessions", body, f"session-{key}")
        if answer is not None and answer.is_success:
            self.record.done["account"][key].add(answer.json()["account"]["id"])

    async def goes_on(
        self, more: int = 12, verb: str = "report", within: float = PATIENCE_S
    ) -> None:
        """So many more have been answered since."""
        before = self.record.count(verb)

        async def enough() -> bool:
            return self.record.count(verb) >= before + more

        await eventually(enough, within=within)

    async def stop(self) -> None:
        """Nothing new is begun; what is under way is finished."""
        self._stopping.set()
        while self._at_work:
            await asyncio.wait(set(self._at_work), timeout=PATIENCE_S + 30)

    async def close(self) -> None:
        for task in self._at_work:
            task.cancel()
        await self.phone.close()
