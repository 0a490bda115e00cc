"""Renders Envoy's configuration: for the local platform, and in its container when it starts."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.gateway import plan
from deploy.gateway.plan import Limits
from deploy.gateway.problems import LocalProblem, local_problems
from deploy.gateway.rates import RateFilters
from deploy.gateway.settings import Certificate, Settings
from deploy.gateway.surface import JWKS, Surface, read
from deploy.local.ports import HOST, Ports

HERE = Path(__file__).parent
CONTAINER_PAGES = Path("/etc/envoy/pages")
SERVICE_PORT = 8100
"""The port of every service in its own container."""
PORT, TLS_PORT, ADMIN_PORT, SCRAPE_PORT = 8080, 8443, 9901, 9902
"""Those of the gateway in its container."""
DOCS = {
    "/docs": ("index.html", "text/html; charset=utf-8"),
    "/docs/": ("index.html", "text/html; charset=utf-8"),
    "/docs/swagger-ui.css": ("swagger-ui.css", "text/css; charset=utf-8"),
    "/docs/swagger-ui-bundle.js": ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "/docs/start.js": ("start.js", "text/javascript; charset=utf-8"),
    "/openapi.json": ("openapi.json", "application/json; charset=utf-8"),
}
"""Path -> (file, content type) of what the gateway serves by itself, without internet."""
_TLS_SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"  # noqa: S105
_OWN_PAGES = (
    HERE / "docs" / "index.html",
    HERE / "docs" / "start.js",
    HERE.parents[1] / "api" / "openapi.json",
)


@dataclass(frozen=True)
class Tls:
    """The port for TLS; the place's own then only tells that it is https."""

    port: int
    certificate: Certificate
    secret: Path
    """Where Envoy is told of the certificate: it reads it again when a file of its folder is
    replaced by moving another there."""
    public_host: str | None = None
    """Where plain requests for pages are sent on to; the caller's Host is never believed."""

    def write_secret(self) -> None:
        chain, key = self.certificate
        pair = {
            "certificate_chain": {"filename": str(chain)},
            "private_key": {"filename": str(key)},
            "watched_directory": {"path": str(chain.parent)},
        }
        secret = {"@type": _TLS_SECRET, "name": "server", "tls_certificate": pair}
        self.secret.write_text(_json({"resources": [secret]}), "utf-8")


@dataclass(frozen=True)
class Place:
    """Where a gateway stands: its own ports, its services' addresses and the store of its
    traces."""

    host: str
    port: int
    admin_port: int
    services: dict[str, list[tuple[str, int]]]
    """The addresses of each service, one for each replica where no name stands for all."""
    traces: tuple[str, int]
    pages: Path
    access_log: Path | None = None
    """Standard output if None."""
    dns: bool = False
    """Addresses are names, each standing for all replicas of a service."""
    otlp: bool = False
    """Traces go out as OTLP over gRPC; else in Zipkin's format."""
    scrape_port: int | None = None
    hosts: tuple[str, ...] = ()
    """The names under which it is asked; any if empty."""
    tls: Tls | None = None
    unlimited_networks: tuple[str, ...] = ()
    """Whose addresses have no rates of their own."""
    trusted_hops: int = 0
    """Proxies of ours in front, whose X-Forwarded-For is believed."""
    origins: tuple[str, ...] = ()
    """Regular expressions of the origins whose pages may call from a browser."""


def render(place: Place, limits: Limits, surface: Surface) -> str:
    """The configuration as YAML."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (YAML, from our own data)
    )
    environment.filters["tojson"] = _json
    return environment.get_template("envoy.yaml.j2").render(
        place=place,
        limits=limits,
        rates=RateFilters(limits, place.unlimited_networks),
        clusters=_clusters(place, limits, surface),
        api=plan.API,
        issuer=plan.ISSUER,
        audience=plan.AUDIENCE,
        surface=surface,
        guarded=[part.path for part in (*surface.nouns, *surface.streams)],
        own_paths=[JWKS, "/health", *DOCS],
        problems=local_problems(limits),
        https_only=_json(LocalProblem(403, "gateway.https_only").body),
        pages=[
            {"path": path, "file": place.pages / file, "type": kind}
            for path, (file, kind) in DOCS.items()
        ],
    )


def write_pages(folder: Path) -> None:
    """Puts the documentation page, the viewer and the API's description into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    viewer = Path(str(files("fastapi_offline"))) / "static"
    own = {path.name: path for path in _OWN_PAGES}
    for file in {file for file, _ in DOCS.values()}:
        shutil.copyfile(own.get(file, viewer / file), folder / file)


LOCAL = Settings(unlimited_networks=plan.LOCAL_NETWORKS)


def render_local(
    ports: Ports,
    out_dir: Path,
    limits: Limits | None = None,
    settings: Settings = LOCAL,
    access_log: Path | None = None,
    tls_port: int = 0,
) -> Path:
    """Writes the local gateway's configuration and pages below `out_dir`; returns the path of
    `envoy.yaml`. Pages of development may call it."""
    pages = out_dir.resolve() / "pages"
    write_pages(pages)
    place = Place(
        host=HOST,
        port=ports.gateway,
        admin_port=ports.envoy_admin,
        services={
            name: [(HOST, port) for _, port in ports.all_of(name)]
            for name in (*plan.SERVICES, plan.APPS)
        },
        traces=(HOST, ports.zipkin),
        pages=pages,
        access_log=access_log,
    )
    place = _with_settings(place, settings, out_dir, tls_port)
    place = replace(place, origins=(*plan.LOCAL_ORIGINS, *place.origins))
    return _write(place, limits, out_dir)


def render_container(
    settings: Settings, out_dir: Path, limits: Limits | None = None, pages: Path = CONTAINER_PAGES
) -> Path:
    """Writes the configuration of the gateway's container below `out_dir`; returns the path of
    `envoy.yaml`."""
    out_dir.mkdir(parents=True, exist_ok=True)
    place = Place(
        host="0.0.0.0",  # noqa: S104 (inside a container)
        port=PORT,
        admin_port=ADMIN_PORT,
        scrape_port=SCRAPE_PORT,
        dns=True,
        otlp=True,
        pages=pages,
        services={name: [(name, SERVICE_PORT)] for name in (*plan.SERVICES, plan.APPS)},
        traces=("jaeger", 4317),
    )
    return _write(_with_settings(place, settings, out_dir, TLS_PORT), limits, out_dir)


def _with_settings(place: Place, settings: Settings, out_dir: Path, tls_port: int) -> Place:
    tls = settings.certificate and Tls(
        tls_port, settings.certificate, out_dir.resolve() / "tls.json", settings.public_host
    )
    return replace(
        place,
        tls=tls,
        hosts=settings.hosts,
        trusted_hops=settings.trusted_hops,
        unlimited_networks=settings.unlimited_networks,
        origins=tuple(map(re.escape, settings.origins)),
    )


def _write(place: Place, limits: Limits | None, out_dir: Path) -> Path:
    if place.tls:
        place.tls.write_secret()
    out = out_dir / "envoy.yaml"
    out.write_text(render(place, limits or Limits(), read()), encoding="utf-8")
    return out


def _clusters(place: Place, limits: Limits, surface: Surface) -> list[dict[str, Any]]:
    rows = [(name, name, limits.requests) for name in (*plan.SERVICES, plan.APPS)]
    streaming = dict.fromkeys(stream.service for stream in surface.streams)
    rows += [(f"{name}_stream", name, limits.streams) for name in streaming]
    return [
        {"name": name, "addresses": place.services[service], "requests": requests}
        for name, service, requests in rows
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
