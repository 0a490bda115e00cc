"""What registration tells of stations."""

from chassis.kafka.subscriptions import Message
from chassis.service import Service
from contracts.events.registration import StationRegistered
from jinan.coordinates import Point
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.place.store import Station


def subscribe(service: Service, places: PlaceHandlers) -> None:
    async def on_station(event: StationRegistered, message: Message) -> None:
        door = Point(event.longitude, event.latitude)
        await places.keep(Station(event.station, event.streets, door), message.seq)

    service.on(StationRegistered, on_station)
