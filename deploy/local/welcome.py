"""What `make run` prints when the platform is up: the addresses, and who can sign in."""

import subprocess
import sys

from rich.table import Table

from deploy.local.paths import ROOT
from deploy.local.platform import Platform
from deploy.local.ports import HOST, SERVICES


def addresses(platform: Platform) -> Table:
    """Every address that a person can open."""
    rows = [
        ("phone 手机端", f"{platform.gateway_url}/"),
        ("desk 值班台", f"{platform.gateway_url}/desk/"),
        ("city screen 大屏", f"{platform.gateway_url}/screen/"),
        ("API docs 接口文档", f"{platform.gateway_url}/docs"),
        ("API as JSON", f"{platform.gateway_url}/openapi.json"),
        ("traces 链路", f"{platform.zipkin_url}/zipkin/"),
        *(
            (f"metrics 指标 {name}", f"http://{HOST}:{port}/metrics")
            for service in SERVICES
            for name, port in platform.ports.all_of(service)
        ),
        ("metrics 指标 gateway", f"http://{HOST}:{platform.ports.envoy_admin}/stats/prometheus"),
        ("sign-in codes need X-Dev-Key", platform.dev_key),
    ]
    return _table("Addresses 地址", rows)


def demonstration(*arguments: str) -> str:
    """The output of `python -m simulation.roster`, a process: deploy imports no simulation."""
    command = [sys.executable, "-m", "simulation.roster", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def who_can_sign_in() -> Table:
    """The demonstration's accounts: (role, mobile number)."""
    rows = [line.split("\t") for line in demonstration("--who").splitlines()]
    return _table("Who can sign in 可登录账号", [(person, phone) for person, phone in rows])


def _table(title: str, rows: list[tuple[str, str]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for row in rows:
        table.add_row(*row)
    return table
