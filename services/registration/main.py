"""registration: who people are, what they may do, and how they sign in. All routes and events are
on this screen."""

from chassis.service import Service
from contracts import topics
from contracts.events.registration import (
    GrantsChanged,
    SquadFormed,
    VolunteerStandingChanged,
)
from services.registration.account import api as account_api
from services.registration.account import events as account_events
from services.registration.account.handlers import AccountHandlers
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.account.store import AccessLog, Accounts
from services.registration.division import api as division_api
from services.registration.division.store import Divisions
from services.registration.grant import api as grant_api
from services.registration.grant.handlers import GrantHandlers
from services.registration.grant.store import StoredDepartures
from services.registration.settings import RegistrationSettings
from services.registration.sign_in import api as sign_in_api
from services.registration.sign_in.handlers import (
    CodeHandlers,
    LocalMessageHandlers,
    SessionHandlers,
)
from services.registration.sign_in.sms.aliyun import AliyunAccount, AliyunSms
from services.registration.sign_in.sms.local import LocalSms
from services.registration.sign_in.store import LocalMessages, SignInCodes
from services.registration.sign_in.tokens import SigningKeys, Tokens
from services.registration.squad import api as squad_api
from services.registration.squad import domain as squad
from services.registration.squad.handlers import SquadHandlers
from services.registration.squad.store import Squads
from services.registration.station import api as station_api
from services.registration.station import domain as station
from services.registration.station.handlers import StationHandlers
from services.registration.station.store import Stations
from services.registration.volunteer import api as volunteer_api
from services.registration.volunteer.handlers import VolunteerHandlers, VolunteerReader
from services.registration.watch import api as watch_api
from services.registration.watch import domain as watch
from services.registration.watch.handlers import WatchHandlers
from services.registration.watch.store import Watches

NOT_SET = "0" * 64
"""A key for a service that is only described. It never serves: `_require_keys` refuses to start."""


def build(settings: RegistrationSettings) -> Service:
    """The wired service. Touches neither network nor keys."""
    service = Service("registration", settings)
    store, clock = service.store, service.clock
    cipher = FieldCipher(settings.field_key or NOT_SET, settings.lookup_key or NOT_SET)
    personal = PersonalData(cipher)
    keys = SigningKeys(settings.signing_key, settings.signing_key_file)
    tokens = Tokens(keys, personal, clock, settings.jwt_issuer, settings.jwt_audience)
    accounts, access_log, divisions = Accounts(store), AccessLog(store), Divisions(store)
    stations, squads = Stations(store), Squads(store)

    messages = LocalMessages(store) if settings.sms == "local" else None
    sender = LocalSms(messages, personal, clock) if messages else _aliyun(service, settings)
    codes = CodeHandlers(
        SignInCodes(store), accounts, personal, sender, clock, allow_unassigned=bool(messages)
    )
    squad_handlers = SquadHandlers(squads, stations, accounts, clock)
    held = Watches(store)
    watches = WatchHandlers(held, accounts, clock)

    service.provide(
        personal,
        keys,
        divisions,
        codes,
        squad_handlers,
        watches,
        LocalMessageHandlers(messages, personal, settings.dev_key),
        SessionHandlers(accounts, codes, personal, tokens, clock),
        AccountHandlers(accounts, access_log, personal),
        StationHandlers(stations, accounts),
        GrantHandlers(accounts, StoredDepartures(store), squads, stations, clock),
        VolunteerHandlers(accounts, stations, squads, divisions, personal, clock),
        VolunteerReader(accounts, access_log, stations, clock),
    )
    service.routes(
        sign_in_api.router,
        account_api.router,
        volunteer_api.router,
        squad_api.router,
        station_api.router,
        grant_api.router,
        division_api.router,
        watch_api.router,
    )
    service.app.include_router(sign_in_api.keys_router)  # /.well-known/jwks.json

    service.on(SquadFormed, squad_handlers.follow_squad)
    service.on(VolunteerStandingChanged, squad_handlers.follow_standing)
    service.on(GrantsChanged, watches.on_grants)
    _restates(service, accounts, stations, squads, held)
    service.lingers(0.1, topics.REGISTRATION)
    service.runs_when_due("watches that lapse", watches.lapse_due, watches.schedule)

    async def prepare() -> None:
        _require_keys(service, settings, keys)
        await divisions.load()

    service.starts(prepare)
    return service


def _restates(
    service: Service, accounts: Accounts, stations: Stations, squads: Squads, watches: Watches
) -> None:
    """What other services keep of these."""
    service.restates(accounts, account_events.state)
    service.restates(stations, station.state)
    service.restates(squads, squad.state)
    service.restates(watches, watch.state)


def _aliyun(service: Service, settings: RegistrationSettings) -> AliyunSms:
    sms = AliyunSms(
        AliyunAccount(
            settings.aliyun_key_id,
            settings.aliyun_key_secret,
            settings.aliyun_sign_name,
            settings.aliyun_template,
            settings.aliyun_endpoint,
            settings.aliyun_proxy,
        )
    )
    service.starts(sms.start, sms.stop)
    return sms


def _require_keys(service: Service, settings: RegistrationSettings, keys: SigningKeys) -> None:
    """From here on this service verifies tokens with its own keys. Raises ValueError naming the
    settings that are missing."""
    if missing := settings.missing():
        raise ValueError(f"registration cannot serve: set {', '.join(missing)}")
    service.verify_with(keys.published)


service = build(RegistrationSettings())
app = service.app

if __name__ == "__main__":
    service.serve()
