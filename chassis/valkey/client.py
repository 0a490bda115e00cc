"""Clients of Valkey, made in one way."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

_CONNECTIONS = 32
"""Of a client. A call takes a millisecond: more at once only wait in Valkey instead of here."""
_WAIT = 2.0
"""Seconds for a free connection; then the caller reads that the service is busy (503)."""
_TIMEOUT = 2.0  # seconds to connect, and for an answer
_CHECK_AFTER = 15  # seconds without use


def connect(url: str, *, text: bool = False, retries: int = 0) -> Redis:
    """Every call has a time limit and waits for a connection while all are in use. `text`: answers
    are decoded."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_WAIT,
        decode_responses=text,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        health_check_interval=_CHECK_AFTER,
        retry=Retry(NoBackoff(), retries),
    )
    return Redis.from_pool(pool)
