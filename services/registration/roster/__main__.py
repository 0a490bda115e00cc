"""`python -m services.registration.roster [FILE|-]`: load the city's divisions and, from a file or
standard input, a station's roster (JSON; the service's README shows one).

Every entry goes through the same decisions as the API, so events are published as usual, whether
the service runs now or later. What is stored stays as it is: a second run changes nothing. If any
entry is wrong, all that is wrong is printed and nothing is written.

A file of its own because it is a command.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from chassis.clock import Clock
from chassis.mongo.store import Store
from chassis.tasks.loops import until_available
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.account.store import Accounts, keys_of_people
from services.registration.division.store import Divisions
from services.registration.roster.domain import RosterFile
from services.registration.roster.handlers import RosterHandlers, WrongRoster
from services.registration.settings import NOT_SET, RegistrationSettings
from services.registration.squad.store import Squads
from services.registration.station.store import Stations

_STORE_TIMEOUT_S = 60.0


def read(name: str) -> RosterFile:
    """The roster in a file, or on standard input if `name` is `-`.

    Raises WrongRoster, or OSError for a file that cannot be read.
    """
    content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    try:
        return RosterFile.model_validate_json(content)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        raise WrongRoster([f"{_path(p['loc'])}: {p['msg']}" for p in problems]) from None


def _path(parts: tuple[int | str, ...]) -> str:
    """As in `people[3].phone`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return path.removeprefix(".") or "file"


async def load(settings: RegistrationSettings, file: RosterFile | None) -> Mapping[str, int]:
    """What -> how many were written. Raises WrongRoster before anything is written."""
    clock = Clock(settings.clock)
    store = Store(settings.mongo_url, "registration", clock)
    divisions = Divisions(store)
    keys = keys_of_people(store, settings.field_key or NOT_SET)
    accounts, stations, squads = Accounts(store, keys), Stations(store), Squads(store)
    try:
        await until_available(store.ping, "store", _STORE_TIMEOUT_S)
        await clock.sync(store.server_time)
        await store.prepare()
        written: Mapping[str, int] = {}
        if file is not None:
            personal = PersonalData(FieldCipher(settings.field_key, settings.lookup_key))
            handlers = RosterHandlers(
                accounts, stations, squads, personal, clock, settings.sms == "local"
            )
            written = await handlers.load(file)
            await store.wakeups.notify_all()  # no relay runs here: a replica publishes
        return {"divisions": await divisions.load(), **written}
    finally:
        await store.close()


def main(arguments: list[str]) -> int:
    if len(arguments) > 1:
        sys.stderr.write("usage: python -m services.registration.roster [FILE|-]\n")
        return 2
    settings = RegistrationSettings()
    missing = [name for name in settings.missing() if name in ("FIELD_KEY", "LOOKUP_KEY")]
    if arguments and missing:
        sys.stderr.write(f"roster: set {', '.join(missing)} as for the service\n")
        return 2
    try:
        file = read(arguments[0]) if arguments else None
        written = asyncio.run(load(settings, file))
    except (WrongRoster, OSError) as error:
        problems = error.problems if isinstance(error, WrongRoster) else [str(error)]
        sys.stderr.write("\n".join([*problems, "roster: nothing was written", ""]))
        return 1
    for what, count in written.items():
        sys.stdout.write(f"{what}: {count} written\n" if count else f"{what}: there already\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
