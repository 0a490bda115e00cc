"""The same main job as one Django application with PostgreSQL, and Celery on Valkey: what a team
would build plainly.

Well built, though: pooled connections, indexes, two workers on two cores, commits that wait for the
disk, alerts over a stream that a process of its own serves. What it leaves out (field encryption,
idempotency keys, events that cannot be lost between the commit and the broker, several waves of
calls) is in its favour.
"""
