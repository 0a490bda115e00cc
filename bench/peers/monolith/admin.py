"""Commands on the monolith's store: `python -m bench.peers.monolith.admin
prepare|codes|tokens|reset ...` prints a JSON list.

prepare SIZE: tables, indexes and SIZE volunteers on duty. codes FIRST COUNT: bodies to sign up
with. tokens NAME...: one per name. reset: deletes reports and alerts, frees all volunteers.
"""

import json
import os
import secrets
import sys
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.monolith.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.city import place, volunteer  # noqa: E402
from bench.peers.monolith.models import Alert, Report, SignInCode, Volunteer  # noqa: E402
from bench.peers.monolith.views import CENTRE, METRES, keyed, token  # noqa: E402
from bench.phones import phone  # noqa: E402


def prepare(size: str) -> list[str]:
    call_command("migrate", run_syncdb=True, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE INDEX by_place ON monolith_volunteer USING gist (point(east_m, north_m))"
        )
    Volunteer.objects.bulk_create(
        (
            Volunteer(
                id=volunteer(n),
                east_m=(lon - CENTRE[0]) * METRES[0],
                north_m=(lat - CENTRE[1]) * METRES[1],
            )
            for n, (lon, lat) in ((n, place(n)) for n in range(int(size)))
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return []


def codes(first: str, count: str) -> list[str]:
    bodies = {phone(int(first) + n): f"{secrets.randbelow(10**6):06d}" for n in range(int(count))}
    until = timezone.now() + timedelta(minutes=10)
    SignInCode.objects.bulk_create(
        [
            SignInCode(
                phone_key=keyed("phone", f"+86{number}"), hash=keyed("code", code), expires_at=until
            )
            for number, code in bodies.items()
        ],
        batch_size=5000,
    )
    return [json.dumps({"phone": number, "code": code}) for number, code in bodies.items()]


def tokens(*names: str) -> list[str]:
    return [token(name) for name in names]


def reset() -> list[str]:
    Alert.objects.all().delete()
    Report.objects.all().delete()
    Volunteer.objects.exclude(engaged_until=None).update(engaged_until=None)
    return []


if __name__ == "__main__":
    commands = {"prepare": prepare, "codes": codes, "tokens": tokens, "reset": reset}
    print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))
