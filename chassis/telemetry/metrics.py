"""The metrics of every service, on `/metrics` (Prometheus). No label ever holds an id."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

HTTP_SECONDS = Histogram(
    "http_request_seconds", "Time to answer", ["method", "route", "status"], buckets=_FAST
)
EVENTS_HANDLED = Counter("events_handled_total", "Messages processed", ["topic", "type", "result"])
EVENT_SECONDS = Histogram(
    "event_handle_seconds", "Time to process a message", ["type"], buckets=_FAST
)
EVENT_DELAY = Histogram(
    "event_delay_seconds", "From the topic to the handler", ["topic"], buckets=_FAST
)
CONSUMER_LAG = Gauge("consumer_lag_messages", "Messages not processed yet", ["topic", "partition"])
DEAD_LETTERS = Counter("dead_letters_total", "Messages given up", ["topic", "reason"])
PARKED_MESSAGES = Gauge(
    "parked_messages", "Messages of keys that fail while others succeed", ["group"]
)
RELAY_BACKLOG = Gauge(
    "relay_backlog_aggregates",
    "Aggregates with unpublished events when last polled",
    ["collection"],
)
RELAY_PUBLISHED = Counter("relay_published_total", "Events published", ["topic"])
RELAY_PARKED = Gauge(
    "relay_parked_aggregates",
    "Aggregates whose events wait behind one that the broker refused",
    ["collection"],
)
RELAY_REFUSED_EVENTS = Counter("relay_refused_events_total", "Events refused for good", ["topic"])
RELAY_SHARES = Gauge("relay_shares", "Shares of the outboxes that this process relays")
QUOTA_ADMITTED = Counter("quota_admitted_total", "Requests that a quota let in", ["quota"])
QUOTA_REFUSALS = Counter("quota_refusals_total", "Requests that a quota refused", ["quota"])
STORE_BATCH = Histogram(
    "store_batch_writes", "Writes that went out as one", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
DUE_FAILING = Gauge("due_steps_failing", "Things that are due and whose step fails", ["step"])
LOOP_LAG = Gauge("event_loop_lag_seconds", "How late the event loop last was")
REVOCATIONS = Gauge("revocations", "Revoked sessions and changed grants that are kept", ["kind"])
