"""Celery tasks: call the nearest free volunteers for a report, and welcome a new account."""

import json
from datetime import timedelta

from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from redis import Redis

from bench.peers.monolith.models import Account, Alert, Report

WAVE = 6
CHANNEL = "monolith-alerts"
NEAREST = """
SELECT id FROM monolith_volunteer
WHERE on_duty AND (engaged_until IS NULL OR engaged_until < now())
  AND point(east_m, north_m) <@ circle(point(%s, %s), 2000)
ORDER BY point(east_m, north_m) <-> point(%s, %s) LIMIT %s FOR UPDATE SKIP LOCKED
"""
app = Celery("monolith", broker=settings.BROKER)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    broker_pool_limit=16,
    worker_hijack_root_logger=False,
)
_redis = Redis.from_url(settings.BROKER)


@worker_process_init.connect
def _traced(**_: object) -> None:
    from opentelemetry.instrumentation.celery import CeleryInstrumentor

    from chassis.telemetry import tracing

    tracing.install("monolith-celery")
    CeleryInstrumentor().instrument()


@app.task
def call_volunteers(report_id: str) -> None:
    with transaction.atomic():
        report = Report.objects.select_for_update().get(pk=report_id)
        if report.state != "filed":
            return
        until = timezone.now() + timedelta(seconds=120)
        with connection.cursor() as cursor:
            place = (report.east_m, report.north_m)
            cursor.execute(NEAREST, (*place, *place, WAVE))
            chosen = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                "UPDATE monolith_volunteer SET engaged_until = %s WHERE id = ANY(%s)",
                (until, chosen),
            )
        Alert.objects.bulk_create(
            Alert(report=report, volunteer_id=who, expires_at=until) for who in chosen
        )
        report.state = "called"
        report.save(update_fields=["state"])
    pipe = _redis.pipeline(transaction=False)
    for who in chosen:
        alert = {"report": report.id, "category": report.category, "expires_at": until.isoformat()}
        pipe.publish(CHANNEL, f"{who}\n{json.dumps(alert)}")
    pipe.execute()


@app.task
def welcome(account_id: str) -> None:
    Account.objects.filter(pk=account_id).exists()
