"""Makes the platform's keys for `docker compose up`, once, before any service starts.

`python -m ops.compose_keys [FOLDER]`: FOLDER (`/keys` unless told otherwise) holds a folder, a
volume of its own in compose, for each service that has keys, with a file for each of its settings.
They die with the volumes of the data.
"""

import sys
from pathlib import Path

from ops.secrets_store import made_once, secrets_in

DEFAULT = Path("/keys")


def write(folder: Path) -> None:
    """Writes `registration/` and `incidents/` in `folder`; what is there already stays what it
    is."""
    made = secrets_in(folder / "registration" / "made")
    for setting, value in {
        "registration/field_key": made.field_key,
        "registration/lookup_key": made.lookup_key,
        "registration/signing_key": made.signing_key,
        "registration/dev_key": made.dev_key,
        "incidents/field_key": made.incidents_field_key,
    }.items():
        made_once(folder / setting, value)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
