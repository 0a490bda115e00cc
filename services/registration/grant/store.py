"""Who is about to lose a role that somebody must hold: one document for each such role."""

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.registration.grant.domain import Departures


class StoredDepartures(Repository[Departures]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "departures", Departures)
