"""Pins the images by digest: `python -m deploy.images [--check] [--mirror URL]`.

--check   writes nothing; ends with 1 and names each tag that moved since
--mirror  asks this registry in place of the default one

Ends with 2 where a registry could not be asked; then nothing is written.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.images import pins
from deploy.images.named import Place, named
from deploy.images.reference import PinError, Reference, parse
from deploy.images.registry import Registries

ROOT = Path(__file__).parents[2]
COMPOSE, PINNED = "docker-compose.yml", "docker-compose.pinned.yml"
PARALLEL = 4


async def pinned_now(
    images: dict[Place, str], registries: Registries, mirror: str | None = None
) -> dict[Place, str]:
    """Each place's image with the digest that its tag has now; a name is asked for once.

    Raises PinError with a line for each that could not be had.
    """
    references = {name: parse(name, mirror) for name in {*images.values()}}
    limit = asyncio.Semaphore(PARALLEL)

    async def digest(image: Reference) -> str | PinError:
        async with limit:
            try:
                return await registries.digest(image)
            except PinError as error:
                return error

    answers = await asyncio.gather(*map(digest, references.values()))
    failed = sorted(str(answer) for answer in answers if isinstance(answer, PinError))
    if failed:
        raise PinError("\n".join(failed))
    digests = dict(zip(references, map(str, answers), strict=True))
    return {p: references[name].with_digest(digests[name]) for p, name in images.items()}


async def run(
    root: Path, *, check: bool, mirror: str | None = None, registries: Registries | None = None
) -> int:
    """The process's exit code; says what it found."""
    file = root / PINNED
    try:
        before = pins.read(file) if check or file.exists() else {}
        async with registries or Registries() as ask:
            present = await pinned_now(named(root / COMPOSE), ask, mirror)
    except PinError as error:
        print(error, file=sys.stderr)
        return 2
    moved = pins.differences(before, present)
    print("\n".join(moved) or f"{len({*present.values()})} images are pinned as their tags are")
    if check:
        return 1 if moved else 0
    file.write_text(pins.rendered(present), "utf-8")
    return 0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.images")
    parser.add_argument("--check", action="store_true", help="say which tags moved, write nothing")
    parser.add_argument("--mirror", metavar="URL", help="asked in place of the default registry")
    given = parser.parse_args(arguments)
    return asyncio.run(run(ROOT, check=given.check, mirror=given.mirror or None))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
