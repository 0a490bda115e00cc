"""What registration tells of squads and stations."""

from chassis.kafka.subscriptions import Message
from contracts.events.registration import SquadFormed, StationRegistered
from services.dispatch.squad.store import Squads, Stations


class SquadConsumers:
    def __init__(self, squads: Squads, stations: Stations) -> None:
        self._squads, self._stations = squads, stations

    async def on_squad(self, event: SquadFormed, message: Message) -> None:
        await self._squads.keep(event.squad, event.station, event.leader, message.seq)

    async def on_station(self, event: StationRegistered, message: Message) -> None:
        await self._stations.keep(event.station, event.streets, message.seq)
