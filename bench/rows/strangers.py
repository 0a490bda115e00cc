"""Row 10: from a resident's report to its volunteers while strangers do at once all that must not
stop a service, beside the same path in quiet."""

from contextlib import AsyncExitStack
from statistics import median

from bench import strangers
from bench.alert_path import Path
from bench.city import DENSE, City
from bench.companion import Companion
from bench.environment import Environment
from bench.event_log import EventLog
from bench.rows.alert import CALM_RATE
from bench.rows.row import Row, percentile, row

STREAMS = 1000


async def measure(environment: Environment, rounds: int, count: int) -> Row:
    city = City(environment)
    pairs, p50 = list[tuple[float, float]](), list[float]()
    answers = strangers.Answers()
    async with AsyncExitStack() as stack:
        stack.callback(city.close)
        client, flood = [
            await stack.enter_async_context(Companion(module))
            for module in ("bench.alert_client", "bench.strangers")
        ]
        path = Path(
            environment, city, client, await stack.enter_async_context(EventLog(environment))
        )
        await city.grow(DENSE)
        await path.open(STREAMS)
        await path.run("warm", count // 2, rate=CALM_RATE)
        begin = strangers.Request(base=environment.platform.gateway_url)
        for turn in range(rounds):
            quiet = await path.run(f"quiet {turn}", count, rate=CALM_RATE)
            await flood.ask(begin, strangers.Answers)
            try:
                flooded = await path.run(f"flooded {turn}", count, rate=CALM_RATE)
            finally:
                answers = await flood.ask(strangers.Request(), strangers.Answers)
            pairs.append((percentile(flooded, 99), percentile(quiet, 99)))
            p50.append(percentile(flooded, 50) / percentile(quiet, 50))
    return row(
        10,
        f"report to alert, p99 at {CALM_RATE:g} reports/s while strangers flood / in quiet",
        "ms",
        "<= 2",
        pairs,
        p50_ratio=median(p50),
        strangers_in_the_last_round={kind: float(n) for kind, n in answers.counts.items()},
    )
