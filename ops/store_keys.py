"""Credentials of the stores, made once: `ops.keys` writes them for the compose stack.

In the folder of each service are the settings with its own user and password, in those of the
stores what they check them by. Each folder is a volume of its own, seen by whose it is.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.access import OPERATOR, SERVICES, jaas, valkey_users
from ops.certificates import Pair, is_current, new_authority, new_certificate
from ops.files import EVERYBODY, OWNER_ONLY, write, write_once

STORES = ("kafka", "mongo", "valkey")
PASSWORD_BYTES = 24
_CA = "ca.pem"


@dataclass(frozen=True)
class Addresses:
    """`host:port` of each store, as the services reach it; `folder` is where they find their
    keys."""

    kafka: str = "kafka:9092"
    mongo: str = "mongo:27017"
    valkey: str = "valkey:6379"
    folder: str = "/keys"
    tls: bool = True
    """Of Valkey: the local one has none."""


def write_store_keys(folder: Path, addresses: Addresses, now: datetime | None = None) -> None:
    """What is secret is made once; what follows from it is written anew, so that an upgrade brings
    new users and rights. A store's certificate is renewed half a year before its end."""
    made = folder / OPERATOR / "made"
    authority = _pair(made, "ca", new_authority(now or datetime.now(UTC)))
    passwords = {user: _password(made / f"{user}-password") for user in (OPERATOR, *SERVICES)}
    for store in STORES:
        _write_store(folder / store, made, store, authority, now or datetime.now(UTC))
    write(folder / "kafka" / "jaas.conf", jaas(passwords), EVERYBODY)
    write(folder / "valkey" / "users.acl", valkey_users(passwords), EVERYBODY)
    for user in (OPERATOR, *SERVICES):
        write(folder / user / _CA, authority.certificate, OWNER_ONLY)
        for setting, url in _urls(user, passwords[user], addresses).items():
            write(folder / user / setting, url, OWNER_ONLY)


def _password(file: Path) -> str:
    return write_once(file, secrets.token_hex(PASSWORD_BYTES)).read_text()


def _write_store(store_folder: Path, made: Path, host: str, authority: Pair, now: datetime) -> None:
    """Readable by everybody who sees the volume: only the store does, as a user of its own."""
    pair = _pair(made, host, new_certificate(authority, host, now))
    if not is_current(pair.certificate, now):
        for kind in ("key", "pem"):
            (made / f"{host}.{kind}").unlink()
        pair = _pair(made, host, new_certificate(authority, host, now))
    write(store_folder / _CA, authority.certificate, EVERYBODY)
    write(store_folder / "server.pem", pair.key + pair.certificate, EVERYBODY)


def _pair(made: Path, name: str, new: Pair) -> Pair:
    """What was made before, or `new`. The certificate last: with it the pair is complete."""
    if not (made / f"{name}.pem").exists():
        (made / f"{name}.key").unlink(missing_ok=True)
    key = write_once(made / f"{name}.key", new.key)
    return Pair(key.read_text(), write_once(made / f"{name}.pem", new.certificate).read_text())


def _urls(user: str, password: str, addresses: Addresses) -> Mapping[str, str]:
    """Settings of `chassis.settings` -> value."""
    ca, login = f"{addresses.folder}/{user}/{_CA}", f"{user}:{password}"
    database = "admin" if user == OPERATOR else user
    urls = {
        "kafka_bootstrap": f"sasl_ssl://{login}@{addresses.kafka}?ca={ca}",
        "mongo_url": f"mongodb://{login}@{addresses.mongo}/?replicaSet=rs0&authSource={database}"
        f"&tls=true&tlsCAFile={ca}",
    }
    if user == OPERATOR or SERVICES[user].keys:
        urls["redis_url"] = (
            f"rediss://{login}@{addresses.valkey}/0?ssl_ca_certs={ca}"
            if addresses.tls
            else f"redis://{login}@{addresses.valkey}/0"
        )
    return urls
