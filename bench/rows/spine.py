"""Row 5: outbox -> Kafka -> effect through the chassis, beside bare aiokafka, and faststream-outbox
on PostgreSQL."""

from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from bench.lines import Companion
from bench.meter import Meter
from bench.peers.postgres import binaries, postgres
from bench.rows.row import Row, other, row
from bench.spine import Ask, Done
from bench.stage import Stage

PEER = "faststream-outbox + PostgreSQL"
_MODULE = "bench.peers.faststream.spine"


async def measure(stage: Stage, rounds: int, count: int) -> Row:
    env = stage.platform.env_for("incidents")
    pairs, theirs = list[tuple[float, float]](), list[tuple[float, float]]()
    cpu: dict[str, list[float]] = {"ours": [], "bare": [], PEER: []}
    folder, why = _postgres()
    async with AsyncExitStack() as stack:
        spine, peer, meter = (
            await stack.enter_async_context(Companion("bench.spine", env)),
            None,
            _meter(stage, []),
        )
        if folder is not None:
            server = stack.enter_context(postgres(folder))
            url = server.url.replace("postgresql://", "postgresql+asyncpg://")
            peer = await stack.enter_async_context(Companion(_MODULE, env | {"PEER_DATABASE": url}))
            meter = _meter(stage, [server.pid])
        for turn in range(rounds + 1):
            done: dict[str, Done] = {}
            for side in ("ours", "bare", PEER) if turn % 2 else ("bare", "ours", PEER):
                asked = spine if side != PEER else peer
                if asked is None:
                    continue
                ask = Ask(mongo_url=stage.mongo_url, kafka=stage.kafka, side="ours", count=count)
                ask = ask.model_copy(update={"side": "bare"}) if side == "bare" else ask
                with meter.during(side, count, turn > 0):
                    done[side] = await asked.ask(ask, Done)
            if turn:
                pairs.append((done["ours"].rate, done["bare"].rate))
                theirs += [(done["ours"].rate, done[PEER].rate)] if peer else []
                for side, one in done.items():
                    cpu[side].append(one.cpu_us)
    each = meter.each_us()
    for side, spent in cpu.items():
        if spent:
            each[side]["process"] = round(median(spent), 1)
    return row(
        5,
        "outbox -> Kafka -> effect",
        "1/s",
        ">= 0.6",
        pairs,
        cpu_us=each,
        others=[other(PEER, theirs, why)],
    )


def _postgres() -> tuple[Path | None, str]:
    """Where PostgreSQL is, or why the peer is not run."""
    if (folder := binaries()) is None:
        return None, "there is no PostgreSQL on this machine"
    missing = [name for name in ("faststream_outbox", "asyncpg") if find_spec(name) is None]
    return (None, f"not installed: {', '.join(missing)}") if missing else (folder, "")


def _meter(stage: Stage, postgres_pids: list[int]) -> Meter:
    servers = stage.parts("mongo", "kafka", "zipkin")
    database = {"postgres": lambda: postgres_pids, **stage.parts("kafka", "zipkin")}
    return Meter({"ours": servers, "bare": servers, PEER: database})
