"""An interrupted, altered or truncated download is never run."""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import stamina

from deploy.local.artifacts import Artifact, Stream, locked
from deploy.local.fetch import FetchError, fetch, missing
from deploy.local.progress import PlainProgress

CONTENT = bytes(range(256)) * 400
CHUNK = 10_000


class FakeSource:
    """Serves CONTENT from memory; breaks off after each of `breaks` bytes, then serves all."""

    def __init__(self, *breaks: int, content: bytes = CONTENT, resumes: bool = True) -> None:
        self.breaks = list(breaks)
        self.content = content
        self.resumes = resumes
        self.offsets: list[int] = []

    @contextmanager
    def open(self, artifact: Artifact, offset: int) -> Generator[Stream]:
        self.offsets.append(offset)
        start = offset if self.resumes else 0
        yield Stream(start, self._chunks(start))

    def _chunks(self, start: int) -> Iterator[bytes]:
        end = self.breaks.pop(0) if self.breaks else None
        sent = self.content[start:][:end]
        for at in range(0, len(sent), CHUNK):
            yield sent[at : at + CHUNK]
        if end is not None:
            raise ConnectionResetError("the line went dead")


def artifact(content: bytes = CONTENT) -> Artifact:
    return Artifact(
        "kafka", "org.example:thing:1.0", len(CONTENT), hashlib.sha256(content).hexdigest()
    )


def arrived(cache: Path) -> Path:
    return cache / "kafka" / "thing-1.0.jar"


@pytest.fixture(autouse=True)
def _without_backoff() -> Iterator[None]:
    with stamina.set_testing(True, attempts=6):
        yield


def test_a_complete_download_gets_its_name_and_is_not_fetched_again(tmp_path: Path) -> None:
    source = FakeSource()
    assert fetch(tmp_path, [artifact()], source) == 1
    assert arrived(tmp_path).read_bytes() == CONTENT
    assert fetch(tmp_path, [artifact()], source) == 0
    assert source.offsets == [0]


def test_an_interrupted_download_is_resumed(tmp_path: Path) -> None:
    source = FakeSource(30_000, 20_000)
    fetch(tmp_path, [artifact()], source)
    assert source.offsets == [0, 30_000, 50_000]
    assert arrived(tmp_path).read_bytes() == CONTENT


def test_a_source_without_ranges_is_read_from_the_start(tmp_path: Path) -> None:
    source = FakeSource(30_000, resumes=False)
    fetch(tmp_path, [artifact()], source)
    assert arrived(tmp_path).read_bytes() == CONTENT


def test_the_next_command_resumes_after_all_attempts_failed(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="resumes from there"):
        fetch(tmp_path, [artifact()], FakeSource(10_000, 0, 0, 0, 0, 0))
    assert not arrived(tmp_path).exists()
    assert missing([artifact()], tmp_path) == [artifact()]
    source = FakeSource()
    fetch(tmp_path, [artifact()], source)
    assert source.offsets == [10_000]
    assert arrived(tmp_path).read_bytes() == CONTENT


def test_a_truncated_answer_is_an_error(tmp_path: Path) -> None:
    source = FakeSource(content=CONTENT[:-1])
    with pytest.raises(FetchError, match="interrupted"):
        fetch(tmp_path, [artifact()], source)
    assert not arrived(tmp_path).exists()


def test_a_wrong_checksum_is_refused_by_name_and_leaves_nothing(tmp_path: Path) -> None:
    changed = b"\xff" + CONTENT[1:]
    with pytest.raises(FetchError, match=r"org\.example:thing:1\.0: the checksum does not match"):
        fetch(tmp_path, [artifact()], FakeSource(content=changed))
    assert list((tmp_path / "kafka").iterdir()) == []


def test_a_corrupt_partial_file_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "thing-1.0.part").write_bytes(b"something else" * 100)
    source = FakeSource()
    fetch(tmp_path, [artifact()], source)
    assert source.offsets == [1400, 0]
    assert arrived(tmp_path).read_bytes() == CONTENT


def test_a_jar_of_an_older_lock_is_removed(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "thing-0.9.jar").write_bytes(b"old")
    fetch(tmp_path, [artifact()], FakeSource())
    assert [f.name for f in (tmp_path / "kafka").iterdir()] == ["thing-1.0.jar"]


def test_two_concurrent_commands_fetch_once(tmp_path: Path) -> None:
    source = FakeSource()
    both = [Thread(target=fetch, args=(tmp_path, [artifact()], source)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(20)
    assert source.offsets == [0]


def test_plain_progress_prints_every_tenth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(tmp_path, [artifact()], FakeSource(), PlainProgress([artifact()]))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("fetch Apache Kafka: 100 %")


def test_the_lock_names_each_file_once_with_its_sha256() -> None:
    artifacts = locked()
    assert {a.server for a in artifacts} == {"kafka", "zipkin"}
    assert len({(a.server, a.file_name) for a in artifacts}) == len(artifacts)
    assert all(len(a.sha256) == 64 and a.bytes > 0 for a in artifacts)
    assert any(a.file_name.startswith("kafka_2.13-4.") for a in artifacts)
    assert any(
        a.file_name.startswith("zipkin-server-") and a.file_name.endswith("-exec.jar")
        for a in artifacts
    )
