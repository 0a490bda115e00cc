"""The gateway's container: writes the configuration for its settings and becomes Envoy.

`python -m deploy.gateway [FOLDER]`; FOLDER (/tmp/gateway) takes the configuration.
"""

import os
import sys
from pathlib import Path

from deploy.gateway.render import render_container
from deploy.gateway.settings import SettingInvalid, read_settings


def command(arguments: list[str]) -> list[str]:
    """Envoy's, with the configuration written. Raises SettingInvalid."""
    folder = Path(arguments[0] if arguments else "/tmp/gateway")  # noqa: S108
    config = render_container(read_settings(os.environ), folder)
    envoy = ["envoy", "-c", str(config), "--concurrency", "2"]
    return [*envoy, "--disable-hot-restart", "--log-level", "warning"]


if __name__ == "__main__":
    try:
        envoy = command(sys.argv[1:])
    except SettingInvalid as error:
        sys.exit(str(error))
    os.execvp(envoy[0], envoy)  # noqa: S606
