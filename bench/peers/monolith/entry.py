"""The entry points of gunicorn (`:wsgi`), uvicorn (`:asgi`) and Celery (`:celery`), traced like
ours."""

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

from django.core.handlers.asgi import ASGIHandler  # noqa: E402 - Django must be set up first
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from bench.peers.monolith.tasks import app as celery  # noqa: E402, F401

wsgi, asgi = WSGIHandler(), ASGIHandler()
