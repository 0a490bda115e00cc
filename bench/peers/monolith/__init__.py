"""The main job as one Django application with PostgreSQL, and Celery on Valkey.

It is well built: persistent connections, indexes, two workers on two cores, synchronous commits,
streams in a process of their own. What it lacks (field encryption, idempotency keys, events that
survive a crash between commit and broker, several waves of calls) makes it faster.
"""
