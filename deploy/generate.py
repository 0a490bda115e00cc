"""Writes everything that is derived from the code: `python -m deploy.generate [--check]`.

--check  writes nothing; ends with 1 and names each file that is not what it would write
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from contracts.tools import asyncapi
from deploy import tables
from deploy.gateway import openapi, surface

ROOT = Path(__file__).parents[1]
ASYNCAPI = ROOT / "api" / "asyncapi.yaml"
PAGES = (ROOT / "docs" / "architecture" / "overview.md", ROOT / "docs" / "architecture" / "api.md")


def derived() -> dict[Path, str]:
    """Each derived file with the text that it should have."""
    offered = openapi.surface_of(openapi.documents())
    document = openapi.merge(openapi.documents())
    written = tables.of(document)
    return {
        ASYNCAPI: asyncapi.rendered(),
        openapi.OUT: openapi.as_json(document),
        surface.FILE: surface.as_json(offered),
        **{page: tables.filled(page.read_text("utf-8"), written) for page in PAGES},
    }


def stale(files: Mapping[Path, str]) -> list[Path]:
    """Those that do not hold their text."""
    return [
        path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    files = derived()
    outdated = stale(files)
    if "--check" in arguments:
        sys.stdout.writelines(
            f"{path.relative_to(ROOT)} is out of date. Right: make generate\n" for path in outdated
        )
        return 1 if outdated else 0
    for path in outdated:
        path.write_text(files[path], "utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
