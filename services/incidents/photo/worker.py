"""The process that draws photos, and nothing else: a picture that takes too much time or memory, or
breaks its decoder, ends this process and not the service.

A file of its own because it is run as a program: `python -m services.incidents.photo.worker CPU
MEMORY`, in seconds and bytes. It reads pictures from standard input and writes what became of them
to standard output, each after its length (4 bytes, big-endian), and ends with its input.
"""

import json
import os
import resource
import signal
import sys
from typing import BinaryIO

from PIL import Image

from chassis.domain import Refusal
from services.incidents.photo.domain import sanitized


def answer_to(content: bytes) -> tuple[bytes, bytes]:
    """What became of a picture as JSON (`type`, or `code` of a refusal with its `fields` and
    `values`), and the photo's bytes."""
    try:
        photo = sanitized(content)
    except Refusal as refusal:
        told = {"code": refusal.code, "fields": refusal.fields, "values": refusal.values}
        return json.dumps(told).encode(), b""
    return json.dumps({"type": photo.media_type}).encode(), photo.content


def _serve(cpu_seconds: int, pictures: BinaryIO, answers: BinaryIO) -> None:
    while size := pictures.read(4):
        content = pictures.read(int.from_bytes(size, "big"))
        _limit(resource.RLIMIT_CPU, _cpu_spent() + cpu_seconds)
        for part in answer_to(content):
            answers.write(len(part).to_bytes(4, "big") + part)
        answers.flush()


def _cpu_spent() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime) + 1


def _limit(kind: int, value: int) -> None:
    """The soft limit: that of CPU time moves on with each picture."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def main(cpu_seconds: int, memory: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's is for the service, which ends this
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    Image.init()
    _limit(resource.RLIMIT_AS, memory)
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        _limit(nothing, 0)
    _serve(cpu_seconds, sys.stdin.buffer, answers)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
