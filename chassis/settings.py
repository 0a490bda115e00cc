"""Settings that every service has; each service extends them in its own `settings.py`.

From the environment, and for secrets from the folder that `KEYS` names: a file for each setting.
"""

import os

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables by the same names in capitals, as in `HTTP_PORT=8101`; an empty one
    counts as not set."""

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        secrets_dir=os.environ.get("KEYS") or None,
    )

    http_host: str = "127.0.0.1"
    http_port: int = 8100
    mongo_url: str = "mongodb://127.0.0.1:27017/?directConnection=true"
    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_partitions: int = 6
    """Of each topic that is created; as many replicas of a service share its events."""
    kafka_replication: int = 1
    kafka_kept_days: float = 7
    """How long events are kept on their topic; what others must know of the past is in the
    snapshots."""
    kafka_dead_days: float = 30
    """How long dead letters wait for somebody to look at them."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    jwks_url: str = "http://127.0.0.1:8101/.well-known/jwks.json"
    jwt_issuer: str = "quancheng"
    jwt_audience: str = "quancheng-api"
    clock: str = ""
    log_level: str = "INFO"
    max_body_bytes: int = 6 * 1024 * 1024
    answer_seconds: float = 10.0
    """How long an answer may take before it is 503; less than the gateway's time limit."""
    max_waiting: int = 1000
    """How many requests may wait for an answer; further ones get 503 with Retry-After."""
    unlimited_networks: str = ""
    """Networks whose addresses have no limit of their own (`127.0.0.0/8 10.1.0.0/16`): a machine
    where everybody has the same address, a hall with many people behind one."""
    shutdown_seconds: int = 10
    watchdog_seconds: float = 30.0
    """How long the event loop may be blocked, or a consumer have lag without progress, before the
    process ends itself."""
