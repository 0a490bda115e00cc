"""What the gateway's container is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

PAIRS = (("fullchain.pem", "privkey.pem"), ("tls.crt", "tls.key"))
"""The names of certificate and key in a folder: certbot's, and those of a Kubernetes secret."""


class SettingInvalid(ValueError):
    """A variable has a value that cannot be meant."""


class Certificate(NamedTuple):
    """PEM files: the chain, the server's own first, and its key."""

    chain: Path
    key: Path


@dataclass(frozen=True)
class Settings:
    """TRUSTED_HOPS, UNLIMITED_NETWORKS, CORS_ORIGINS, HOSTS, PUBLIC_HOST, and TLS_FOLDER or
    TLS_CERTIFICATE with TLS_KEY. Lists are separated by spaces or commas."""

    trusted_hops: int = 0
    unlimited_networks: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    public_host: str | None = None
    certificate: Certificate | None = None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises SettingInvalid."""
    hops = environment.get("TRUSTED_HOPS") or "0"
    if not hops.isdecimal():
        raise SettingInvalid(f"TRUSTED_HOPS={hops}: a number of proxies, as 0 or 1")
    networks = _list(environment, "UNLIMITED_NETWORKS")
    for network in networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise SettingInvalid(f"UNLIMITED_NETWORKS: {error}") from None
    origins = _list(environment, "CORS_ORIGINS")
    for origin in origins:
        if not origin.startswith(("https://", "http://")) or origin.count("/") != 2:
            raise SettingInvalid(f"CORS_ORIGINS: {origin} is no origin, as https://example.org")
    return Settings(
        int(hops),
        networks,
        origins,
        _list(environment, "HOSTS"),
        environment.get("PUBLIC_HOST") or None,
        _certificate(environment),
    )


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(environment.get(name, "").replace(",", " ").split())


def _certificate(environment: Mapping[str, str]) -> Certificate | None:
    named = environment.get("TLS_CERTIFICATE", ""), environment.get("TLS_KEY", "")
    folder = environment.get("TLS_FOLDER", "")
    if any(named):
        if not all(named):
            raise SettingInvalid("TLS_CERTIFICATE and TLS_KEY belong together")
        pairs = [Certificate(*map(Path, named))]
    elif folder:
        pairs = [Certificate(Path(folder, chain), Path(folder, key)) for chain, key in PAIRS]
    else:
        return None
    for pair in pairs:
        if all(file.is_file() for file in pair):
            return pair
    raise SettingInvalid("TLS: no " + ", no ".join(f"{chain} with {key}" for chain, key in pairs))
