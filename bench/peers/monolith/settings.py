"""Django's settings, from the environment."""

import logging
import os
from urllib.parse import urlsplit

_url = urlsplit(os.environ["MONOLITH_DATABASE"])
SECRET_KEY = os.environ["MONOLITH_SECRET"]
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["bench.peers.monolith"]
ROOT_URLCONF = "bench.peers.monolith.urls"
MIDDLEWARE: list[str] = []
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _url.hostname,
        "PORT": _url.port,
        "USER": _url.username,
        "NAME": _url.path[1:],
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
    }
}
BROKER = os.environ["MONOLITH_BROKER"]
LOGGING_CONFIG = None
logging.getLogger("django").setLevel(logging.CRITICAL)
