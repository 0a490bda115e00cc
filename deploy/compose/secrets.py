"""Writes the secrets that `docker compose --env-file` gives to the services; made once, for their owner's eyes only.

`python -m deploy.compose.secrets [FILE]`; FILE is `.quancheng/compose.env` unless told otherwise.
"""

import os
import sys
from pathlib import Path

from deploy.embedded.secrets_store import OWNER_ONLY, secrets_in

DEFAULT = Path(".quancheng/compose.env")


def write(file: Path) -> Path:
    """Writes `file` from the secrets in `compose-secrets` beside it, which are made if absent; returns `file`.

    Written again each time: what the secrets are is kept in their own folder, so a lost file costs nothing.
    """
    secrets = secrets_in(file.parent / "compose-secrets")
    lines = {
        "FIELD_KEY": secrets.field_key,
        "INCIDENTS_FIELD_KEY": secrets.incidents_field_key,
        "LOOKUP_KEY": secrets.lookup_key,
        "DEV_KEY": secrets.dev_key,
        "SIGNING_KEY": secrets.signing_key,
    }
    with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, OWNER_ONLY), "w") as out:
        # Single quotes: a PEM's lines are kept as they are and nothing in them is interpolated.
        out.writelines(f"{name}='{value}'\n" for name, value in lines.items())
    return file


if __name__ == "__main__":
    print(write(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT))
