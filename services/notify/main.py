"""notify: messages to people, and what became of them. Everything is wired on this screen.

GET  /api/v1/inbox                          my messages, the newest first
GET  /api/v1/inbox/unread                   how many are unread
POST /api/v1/inbox/read                     read all up to a time
GET  /api/v1/inbox/me/data                  a copy of my messages
POST /api/v1/inbox/{message}/read
POST /api/v1/inbox/{message}/acknowledge
GET  /api/v1/stream                         my messages as they come (server-sent events)
GET  /api/v1/deliveries                     what became of messages, for the station

-> notify.events      acknowledged calls to act, and alerts that were held back
"""

from chassis.service import Service
from chassis.settings import Settings
from chassis.valkey.client import connect
from contracts import topics
from contracts.events.dispatch import DutyEnded, DutyStarted
from contracts.events.registration import (
    GrantsChanged,
    PersonErased,
    SessionRevoked,
    VolunteerStandingChanged,
)
from services.notify.delivery import api as delivery_api
from services.notify.delivery.handlers import DeliveryHandlers
from services.notify.erasure.handlers import ErasureHandlers
from services.notify.erasure.store import ErasedPeople
from services.notify.inbox import api as inbox_api
from services.notify.inbox.delivery_marks import DeliveryMarks
from services.notify.inbox.handlers import InboxHandlers
from services.notify.inbox.store import Inbox, Receipts
from services.notify.personal_copy import api as copy_api
from services.notify.replicas.store import Duty, Grants, Standings
from services.notify.rules.domain import RULES
from services.notify.rules.handlers import RuleHandlers
from services.notify.stream import api as stream_api
from services.notify.stream.handlers import StreamHandlers
from services.notify.stream.hub import Hub
from services.notify.stream.store import LiveStreams


def build(settings: Settings, name: str = "notify") -> Service:
    """`name` is also that of its database and of its consumer group."""
    service = Service(name, settings)
    store, clock = service.store, service.clock
    grants, duty, standings = Grants(store), Duty(store), Standings(store)

    inbox, receipts = Inbox(store), Receipts(store)
    marks, messages = DeliveryMarks(inbox, clock), InboxHandlers(inbox, receipts, clock)
    live = LiveStreams(connect(settings.redis_url))
    hub = Hub(live)
    streams = StreamHandlers(hub, live, inbox, marks, duty, clock)
    delivery = DeliveryHandlers(inbox, receipts, streams, marks, duty, clock)
    erasure = ErasureHandlers(ErasedPeople(store), inbox, receipts, live, clock)
    rules = RuleHandlers(delivery, grants, standings, clock)

    service.provide(inbox, messages, streams)
    service.routes(inbox_api.router, copy_api.router, stream_api.router, delivery_api.router)

    service.keeps(GrantsChanged, grants.on_changed)
    service.keeps(DutyStarted, duty.on_started)
    service.keeps(DutyEnded, duty.on_ended)
    service.on(PersonErased, erasure.on_erased)
    service.on(SessionRevoked, streams.on_session_revoked)
    # Kept last: if the process ends between, a repeat is still a change and stores nothing twice.
    service.on(VolunteerStandingChanged, rules.on_standing_changed)
    service.keeps(VolunteerStandingChanged, standings.on_changed)
    for event in RULES.keys() - {VolunteerStandingChanged}:
        service.on(event, rules.apply)

    service.lingers(0.1, topics.INCIDENTS, topics.REGISTRATION)
    service.starts(hub.start, hub.stop)
    service.before_shutdown(hub.end_all)
    service.runs_when_due("delivery marks", marks.write, marks.schedule)
    service.runs_when_due("messages due", delivery.resend_due, delivery.schedule)
    service.runs("old messages", messages.delete_old, every=3600)
    service.runs("late messages to erased people", erasure.erase_late, every=3600)
    return service


service = build(Settings())
app = service.app

if __name__ == "__main__":
    service.serve()
