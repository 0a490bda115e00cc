"""Errors that a person meets: a taken port, a missing library, a second start."""

import socket
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from deploy.local import __main__ as command_line
from deploy.local import platform as platform_module
from deploy.local.doctor import library_problems
from deploy.local.platform import Platform
from deploy.local.ports import HOST, RUN, SERVICES, free_ports, is_taken
from deploy.local.preflight import AlreadyRunningError, PlatformError, PortTakenError
from deploy.local.process import Process
from deploy.local.readiness import valkey, wait_until
from deploy.local.services import environment
from deploy.local.supervision import MAX_SOCKET_PATH, Supervisor
from ops.keys import load_or_create


class ValkeyOnly(Platform):
    """A platform of one small server, for the tests of its life cycle."""

    def _stages(self) -> list[list[Process]]:
        return [[platform_module.servers.valkey(self.home, self.ports)]]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[ValkeyOnly]:
    platform = ValkeyOnly(tmp_path / "run", free_ports(), services=False)
    yield platform
    platform.down()


def command_for(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the command line use `platform` and its folder."""

    def chosen(_: str, replicas: int = 1) -> Platform:
        return platform

    monkeypatch.setattr(command_line, "_platform", chosen)
    monkeypatch.setattr(command_line, "STATE", platform.home.parent)
    monkeypatch.setattr(command_line, "TESTS", platform.home.parent / "test")


def test_taken_port_is_named_with_who_wanted_it(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        ports = replace(free_ports(), mongo=other.getsockname()[1])
        with pytest.raises(PortTakenError, match=rf"port {ports.mongo} is taken, mongo needs it"):
            Platform(tmp_path / "run", ports, services=False).up()
    assert not (tmp_path / "run").exists()


def test_taken_port_of_the_command_is_a_message_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((HOST, 0)) as other:
        ports = replace(free_ports(), gateway=other.getsockname()[1])
        command_for(Platform(tmp_path / "run", ports), monkeypatch)
        result = CliRunner().invoke(command_line.app, ["run"])
    assert result.exit_code == 1
    assert f"port {ports.gateway} is taken, gateway needs it" in result.output


def test_second_start_is_refused_and_harms_nothing(alone: ValkeyOnly) -> None:
    alone.up()
    pid = alone.pid("valkey")
    with pytest.raises(
        AlreadyRunningError, match=f"already, at http://{HOST}:{alone.ports.gateway}"
    ):
        ValkeyOnly(alone.home, alone.ports, services=False).up()
    assert alone.pid("valkey") == pid
    assert [(row.name, row.pid, row.port) for row in alone.status()] == [
        ("valkey", pid, alone.ports.valkey)
    ]


def test_killed_process_comes_back_by_itself(alone: ValkeyOnly) -> None:
    alone.up()
    old = alone.kill("valkey")
    alone.wait_ready("valkey")
    assert alone.pid("valkey") != old


def test_down_leaves_nothing_even_without_its_supervisor(alone: ValkeyOnly) -> None:
    alone.up()
    orphan = alone.pid("valkey")
    supervisor = Supervisor(alone.home)
    parent = psutil.Process(int(supervisor.pid_file.read_text()))
    parent.kill()
    parent.wait(10)
    assert [process.pid for process in supervisor.survivors()] == [orphan]
    ValkeyOnly(alone.home, alone.ports, services=False).down()
    assert supervisor.survivors() == []
    assert not is_taken(alone.ports.valkey)
    assert not alone.running()


def test_start_that_fails_shows_the_log_and_leaves_nothing(tmp_path: Path) -> None:
    class Broken(Platform):
        def _stages(self) -> list[list[Process]]:
            command = ("sh", "-c", "echo the disk is on fire; exit 3")
            return [[Process("valkey", command, valkey(self.ports.valkey))]]

    platform = Broken(tmp_path / "run", free_ports(), services=False)
    with pytest.raises(PlatformError, match="the disk is on fire"):
        platform.up()
    assert Supervisor(platform.home).survivors() == []


def test_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 120)
    assert len(str(Supervisor(deep).socket)) <= MAX_SOCKET_PATH
    assert Supervisor(deep).socket != Supervisor(deep / "b").socket


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = load_or_create(folder)
    assert load_or_create(folder) == first
    assert len(bytes.fromhex(first.field_key)) == len(bytes.fromhex(first.lookup_key)) == 32
    assert "BEGIN PRIVATE KEY" in first.signing_key
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert load_or_create(tmp_path / "other").field_key != first.field_key


def test_supervisor_configuration_is_for_its_owner_only(alone: ValkeyOnly) -> None:
    alone.up()
    assert stat.S_IMODE((alone.home / "conf" / "supervisor.conf").stat().st_mode) == 0o600


def test_keys_go_to_registration_only(tmp_path: Path) -> None:
    secrets, ports = load_or_create(tmp_path), RUN
    keys = {"SIGNING_KEY_FILE", "FIELD_KEY", "LOOKUP_KEY"}
    assert keys <= environment("registration", ports, secrets, "", {}).keys()
    assert not keys & environment("dispatch", ports, secrets, "", {}).keys()
    own = environment("incidents", ports, secrets, "", {})
    assert own["FIELD_KEY"] not in (secrets.field_key, secrets.lookup_key)
    assert "LOOKUP_KEY" not in own


def test_three_members_and_two_replicas_are_told_of_each_other(tmp_path: Path) -> None:
    ports = RUN.spread(3, {"dispatch": 2})
    env = environment("dispatch-2", ports, load_or_create(tmp_path), "", {})
    assert env["HTTP_PORT"] == str(ports.of("dispatch-2"))
    assert env["OTEL_SERVICE_NAME"] == "dispatch"
    assert env["KAFKA_REPLICATION"] == "3"
    assert env["KAFKA_BOOTSTRAP"] == ",".join(f"{HOST}:{RUN.kafka + n}" for n in (0, 10, 20))
    members = ",".join(f"{HOST}:{RUN.mongo + n}" for n in (0, 10, 20))
    assert env["MONGO_URL"] == f"mongodb://{members}/?replicaSet=rs0"


def test_no_two_listeners_of_a_spread_platform_share_a_port() -> None:
    ports = [port for _, port in RUN.spread(3, dict.fromkeys(SERVICES, 9)).items()]
    assert len(set(ports)) == len(ports)
    assert len(free_ports(3, {"notify": 2}).items()) == len(RUN.items()) + 7


def test_missing_library_is_named_with_its_package() -> None:
    output = (
        "\tlibcurl.so.4 => not found\n\tlibssl.so.3 => not found\n\tlibc.so.6 => "
        "/lib/libc.so.6 (0x1)\n"
    )
    (problem,) = library_problems(output)
    assert "libcurl.so.4, libssl.so.3" in problem.what
    assert "apt-get install libcurl4 libssl3" in problem.remedy


def test_too_old_system_is_said() -> None:
    (problem,) = library_problems(
        "mongod: /lib/libc.so.6: version `GLIBC_2.34' not found (required by mongod)"
    )
    assert "GLIBC_2.34" in problem.what


def test_waiting_ends_with_what_was_missing() -> None:
    with pytest.raises(TimeoutError, match="still loading"):
        wait_until(lambda: "still loading", 0.1, lambda: None)


def test_clean_refuses_while_running(alone: ValkeyOnly, monkeypatch: pytest.MonkeyPatch) -> None:
    alone.up()
    command_for(alone, monkeypatch)
    result = CliRunner().invoke(command_line.app, ["clean"])
    assert result.exit_code == 1
    assert "make stop" in result.output
    assert alone.running()
