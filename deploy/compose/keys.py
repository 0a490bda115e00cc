"""Makes the platform's keys for `docker compose up`, once, before any service starts.

`python -m deploy.compose.keys [FOLDER]`: FOLDER (`/keys` unless told otherwise) holds a folder, a volume of its own in
compose, for each service that has keys, with a file for each of its settings. They die with the volumes of the data.
"""

import os
import sys
from pathlib import Path

from deploy.secrets_store import OWNER_ONLY, secrets_in

DEFAULT = Path("/keys")


def write(folder: Path) -> None:
    """Writes `registration/` and `incidents/` in `folder`; what is there already stays what it is."""
    made = secrets_in(folder / "registration" / "made")
    _write(folder / "registration" / "field_key", made.field_key)
    _write(folder / "registration" / "lookup_key", made.lookup_key)
    _write(folder / "registration" / "signing_key", made.signing_key)
    _write(folder / "registration" / "dev_key", made.dev_key)
    _write(folder / "incidents" / "field_key", made.incidents_field_key)


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, OWNER_ONLY), "w") as out:
        out.write(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
