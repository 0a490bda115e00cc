"""Renders Envoy's configuration: for the local platform into a folder, for compose into the file
checked in there."""

import json
import shutil
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.gateway import plan
from deploy.gateway.plan import Limits
from deploy.gateway.problems import local_problems
from deploy.gateway.surface import JWKS, Surface, read
from deploy.local.ports import HOST, Ports

HERE = Path(__file__).parent
COMPOSE = HERE.parent / "compose" / "envoy.yaml"
COMPOSE_PAGES = Path("/etc/envoy/pages")
SERVICE_PORT = 8100
"""The port of every service in its own container."""
DOCS = {
    "/docs": ("index.html", "text/html; charset=utf-8"),
    "/docs/": ("index.html", "text/html; charset=utf-8"),
    "/docs/swagger-ui.css": ("swagger-ui.css", "text/css; charset=utf-8"),
    "/docs/swagger-ui-bundle.js": ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "/docs/start.js": ("start.js", "text/javascript; charset=utf-8"),
    "/openapi.json": ("openapi.json", "application/json; charset=utf-8"),
}
"""Path -> (file, content type) of what the gateway serves by itself, without internet."""
_OWN_PAGES = (
    HERE / "docs" / "index.html",
    HERE / "docs" / "start.js",
    HERE.parents[1] / "api" / "openapi.json",
)


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
    trusted_hops: int = 0
    """Proxies of ours in front, whose X-Forwarded-For is believed."""
    origins: tuple[str, ...] = plan.LOCAL_ORIGINS


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
        rates=asdict(limits.rates),
        budgets=plan.BUDGETS,
        clusters=_clusters(place, limits, surface),
        api=plan.API,
        issuer=plan.ISSUER,
        audience=plan.AUDIENCE,
        surface=surface,
        guarded=[part.path for part in (*surface.nouns, *surface.streams)],
        own_paths=[JWKS, "/health", *DOCS],
        problems=local_problems(limits.body),
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


def render_local(
    ports: Ports,
    out_dir: Path,
    limits: Limits | None = None,
    origins: tuple[str, ...] = plan.LOCAL_ORIGINS,
    access_log: Path | None = None,
) -> Path:
    """Writes the local gateway's configuration and pages below `out_dir`; returns the path of
    `envoy.yaml`."""
    pages = out_dir.resolve() / "pages"
    write_pages(pages)
    place = Place(
        host=HOST,
        port=ports.gateway,
        admin_port=ports.envoy_admin,
        services={name: [(HOST, port) for _, port in ports.all_of(name)] for name in plan.SERVICES},
        traces=(HOST, ports.zipkin),
        pages=pages,
        access_log=access_log,
        origins=origins,
    )
    out = out_dir / "envoy.yaml"
    limits = limits or Limits(rates=plan.ONE_ADDRESS)
    out.write_text(render(place, limits, read()), encoding="utf-8")
    return out


def render_compose(surface: Surface, limits: Limits | None = None) -> str:
    """The configuration of the gateway's container."""
    place = Place(
        host="0.0.0.0",  # noqa: S104 (inside a container; compose publishes it on loopback)
        port=8080,
        admin_port=9901,
        scrape_port=9902,
        dns=True,
        otlp=True,
        pages=COMPOSE_PAGES,
        services={name: [(name, SERVICE_PORT)] for name in plan.SERVICES},
        traces=("jaeger", 4317),
    )
    return render(place, limits or Limits(), surface)


def _clusters(place: Place, limits: Limits, surface: Surface) -> list[dict[str, Any]]:
    rows = [(name, name, limits.requests) for name in plan.SERVICES]
    streaming = dict.fromkeys(stream.service for stream in surface.streams)
    rows += [(f"{name}_stream", name, limits.streams) for name in streaming]
    return [
        {"name": name, "addresses": place.services[service], "requests": requests}
        for name, service, requests in rows
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
