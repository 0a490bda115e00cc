"""The cost of wake-up listeners for a mongod: `python -m bench.listeners
mongodb://127.0.0.1:PORT/?directConnection=true`.

For 0, 4 and 8 listeners to one small collection, by change stream and by tailable cursor, in turn:
microseconds of the server's CPU per journalled insert into another collection at 450 a second, and
the latency of a wake-up. Use a server that `make run` started; the script removes what it writes
(docs/decisions/0016).
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from statistics import median
from typing import Any

from pymongo import AsyncMongoClient, CursorType, WriteConcern

_RATE, _SECONDS, _WAKEUPS = 450.0, 5.0, 20
Client = AsyncMongoClient[dict[str, Any]]
Listen = Callable[[list[float]], Coroutine[Any, Any, None]]


async def _cpu_us(client: Client) -> float:
    usage = (await client.admin.command("serverStatus"))["extra_info"]
    return usage["user_time_us"] + usage["system_time_us"]


async def _inserts(client: Client) -> int:
    """Open loop; returns the number of inserts."""
    things = client.bench_listeners.get_collection(
        "things", write_concern=WriteConcern("majority", j=True)
    )
    count = int(_RATE * _SECONDS)

    async def one(due: float) -> None:
        await asyncio.sleep(due - time.monotonic())
        await things.insert_one({"text": "x" * 500})

    began = time.monotonic() + 0.1
    await asyncio.gather(*(one(began + n / _RATE) for n in range(count)))
    return count


async def _measure(client: Client, listen: Listen, listeners: int) -> str:
    latencies = list[float]()
    tasks = [asyncio.create_task(listen(latencies)) for _ in range(listeners)]
    await asyncio.sleep(1)
    before = await _cpu_us(client)
    count = await _inserts(client)
    each = (await _cpu_us(client) - before) / count
    latencies.clear()
    for _ in range(_WAKEUPS if listeners else 0):
        await client.bench_listeners.wakeups.insert_one({"at": time.monotonic()})
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    wakeup = f", wake-up after {median(latencies) * 1000:.1f} ms" if latencies else ""
    return f"{listeners} listeners: {each:.0f} us for an insert{wakeup}"


async def main(url: str) -> None:
    client: Client = AsyncMongoClient(url)
    database = client.bench_listeners
    await client.drop_database(database.name)
    await database.create_collection("wakeups", capped=True, size=4096, max=16)
    await database.wakeups.insert_one({"at": time.monotonic()})

    async def change_stream(latencies: list[float]) -> None:
        async with await database.wakeups.watch(max_await_time_ms=1000) as changes:
            async for change in changes:
                latencies.append(time.monotonic() - change["fullDocument"]["at"])

    async def tailable_cursor(latencies: list[float]) -> None:
        cursor = database.wakeups.find({}, cursor_type=CursorType.TAILABLE_AWAIT).max_await_time_ms(
            1000
        )
        while cursor.alive:
            async for wakeup in cursor:
                latencies.append(time.monotonic() - wakeup["at"])

    for turn in range(2):
        for listen in (change_stream, tailable_cursor):
            for listeners in (0, 4, 8):
                print(f"{turn + 1} {listen.__name__}, {await _measure(client, listen, listeners)}")
    await client.drop_database(database.name)
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
