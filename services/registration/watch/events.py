"""What registration publishes about a watch."""

from datetime import datetime

from contracts.events import registration as contract


def taken(watch: str, area: str, by: str, until: datetime) -> contract.WatchTaken:
    return contract.WatchTaken(watch=watch, area=area, by=by, until=until)


def offered(watch: str, area: str, by: str, to: str) -> contract.WatchOffered:
    return contract.WatchOffered(watch=watch, area=area, by=by, to=to)


def offer_ended(watch: str, area: str, by: str, to: str) -> contract.WatchOfferEnded:
    return contract.WatchOfferEnded(watch=watch, area=area, by=by, to=to)


def accepted(watch: str, area: str, by: str, until: datetime) -> contract.WatchAccepted:
    return contract.WatchAccepted(watch=watch, area=area, by=by, until=until)


def lapsed(watch: str, area: str, by: str, at: datetime) -> contract.WatchLapsed:
    return contract.WatchLapsed(watch=watch, area=area, by=by, at=at)
