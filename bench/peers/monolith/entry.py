"""What gunicorn (`:wsgi`), uvicorn (`:asgi`) and Celery (`:celery`) load; traced, as ours is."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.monolith.settings"


def _traced() -> None:
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    from chassis.telemetry import tracing

    tracing.install("monolith")
    DjangoInstrumentor().instrument()


if os.environ["MONOLITH_PART"] != "celery":
    _traced()
django.setup()

from django.core.handlers.asgi import ASGIHandler  # noqa: E402 - Django is to be set up before
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from bench.peers.monolith.tasks import app as celery  # noqa: E402, F401

wsgi, asgi = WSGIHandler(), ASGIHandler()
