"""What registration tells of stations."""

from chassis.bus import Message, Subscription
from contracts import topics
from contracts.coordinates import Point
from contracts.registration import StationRegistered
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.place.store import Station


def subscription(places: PlaceHandlers) -> Subscription:
    async def on_station(event: StationRegistered, message: Message) -> None:
        door = Point(event.longitude, event.latitude)
        await places.keep(Station(event.station, event.streets, door), message.seq)

    return Subscription(topics.REGISTRATION).on(StationRegistered, on_station)
