"""incidents: what is wrong, who deals with it, how it ended. Everything it does is on this screen.

/api/v1/reports      file list read photo notes; route acknowledge resolve close reject return;
                     confirm reopen withdraw
/api/v1/follow-ups   by number, without an account: read; confirm reopen withdraw with the
                     anonymous reporter's key
/api/v1/photos       hand in a photo for a report
/api/v1/log-entries  the volunteers' log book
/api/v1/categories   what a report can be about
/api/v1/figures      counts and medians of an area
"""

import hashlib
import secrets

from chassis.service import Service
from jinan.districts import jinan
from jinan.divisions import communities
from services.incidents.category import api as category_api
from services.incidents.figures import api as figures_api
from services.incidents.follow_up import api as follow_up_api
from services.incidents.logbook import api as logbook_api
from services.incidents.logbook.store import LogEntries
from services.incidents.photo import api as photo_api
from services.incidents.photo.store import Photos
from services.incidents.place import consumers as place_consumers
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.place.store import Stations
from services.incidents.report import api as report_api
from services.incidents.report import consumers as report_consumers
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.store import Reports
from services.incidents.settings import IncidentsSettings


def build(settings: IncidentsSettings, name: str = "incidents") -> Service:
    """`name` is also that of its database and of its consumer group."""
    service = Service(name, settings)
    secret = hashlib.sha256(
        b"follow-up key\x1f" + (settings.field_key or secrets.token_hex(32)).encode()
    ).digest()

    reports, photos, entries = (
        Reports(service.store),
        Photos(service.store),
        LogEntries(service.store),
    )
    places = PlaceHandlers(jinan(), communities(), Stations(service.store))
    handlers = ReportHandlers(reports, places, photos, service.clock, secret)
    service.provide(handlers, reports, photos, entries, places)

    service.routes(
        report_api.router,
        follow_up_api.router,
        photo_api.router,
        logbook_api.router,
        figures_api.router,
        category_api.router,
    )
    # dispatch.events: how far a call-out is; registration.events: which station serves which street
    report_consumers.subscribe(service, reports)
    place_consumers.subscribe(service, places)
    service.runs(
        "reports due", handlers.settle_due, every=1.0
    )  # overdue first answers, silent reporters
    service.runs("photos of stored reports", handlers.keep_photos, every=600)
    return service


service = build(IncidentsSettings())
app = service.app

if __name__ == "__main__":
    service.serve()
