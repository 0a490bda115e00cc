"""notify: who is told what. Routes, topics and loops on one screen.

GET  /api/v1/inbox                      my messages, the newest first
POST /api/v1/inbox/{message}/read       mark one as read
POST /api/v1/inbox/{message}/acknowledge
GET  /api/v1/stream                     my messages as they come (server-sent events)
GET  /api/v1/deliveries                 what became of messages, for the station

dispatch.events       calls, stand-downs, escalations, arrivals, hours; who is on duty
incidents.events      routes, hand-offs, outcomes; who reported
registration.events   grants, standings, ended sessions
-> notify.events      acknowledged calls, and calls that were held back
"""

from datetime import timedelta

from chassis.service import Service
from services.notify.announcement.consumers import subscribe
from services.notify.announcement.handlers import Announcer
from services.notify.delivery import api as delivery_api
from services.notify.delivery.handlers import Deliveries
from services.notify.inbox import api as inbox_api
from services.notify.inbox.handlers import InboxHandlers
from services.notify.inbox.store import Inbox
from services.notify.recipient.handlers import RecipientHandlers
from services.notify.recipient.store import Recipients, Waiting
from services.notify.settings import NotifySettings
from services.notify.stream import api as stream_api
from services.notify.stream.handlers import Streams
from services.notify.stream.hub import Hub
from services.notify.stream.store import Live, connect


def build(settings: NotifySettings, name: str = "notify") -> Service:
    service = Service(name, settings)
    clock, inbox, recipients = service.clock, Inbox(service.store), Recipients(service.store)
    redis = connect(settings.redis_url)
    live, hub = Live(redis), Hub(redis)
    deliveries = Deliveries(inbox, live, clock)
    messages = InboxHandlers(inbox, deliveries, recipients.is_off_duty, clock)
    announcer = Announcer(recipients, Waiting(service.store), messages, clock)
    streams = Streams(hub, live, inbox, recipients, deliveries, clock)

    async def sweep() -> None:
        await messages.sweep(timedelta(days=settings.keep_days))

    service.provide(inbox, messages, streams)
    service.routes(inbox_api.router, stream_api.router, delivery_api.router)
    subscribe(service, announcer, RecipientHandlers(recipients, announcer), streams)
    service.starts(hub.start, hub.stop)
    service.before_shutdown(hub.end_all)
    service.runs("delivery marks", deliveries.write, every=0.2)
    service.runs("messages due", messages.send_due, every=1.0)
    service.runs("old messages", sweep, every=3600)
    return service


service = build(NotifySettings())
app = service.app

if __name__ == "__main__":
    service.serve()
