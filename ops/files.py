"""Files with secrets: readers see all of one or nothing."""

import os
from pathlib import Path

OWNER_ONLY, EVERYBODY = 0o600, 0o644


def write_once(file: Path, content: str) -> Path:
    """Writes `file`, readable by its owner only, unless it exists."""
    return file if file.exists() else write(file, content, OWNER_ONLY)


def write(file: Path, content: str, mode: int) -> Path:
    """Writes `file` with this mode, in place of what is there."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written under another name first: a key truncated by a crash would make the data unreadable.
    draft = file.with_name(f"{file.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w") as out:
        out.write(content)
    draft.chmod(mode)  # whatever the umask
    draft.rename(file)
    return file
