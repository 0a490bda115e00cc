"""registration: who people are, what they may do, and how they sign in. All routes and topics on
this screen."""

from chassis.identity.tokens import Verifier
from chassis.service import Service
from contracts.events.registration import SquadFormed, VolunteerStandingChanged
from services.registration.account import api as accounts_api
from services.registration.account.cipher import FieldCipher
from services.registration.account.handlers import AccountHandlers
from services.registration.account.personal import Personal
from services.registration.account.store import Accounts, Looks
from services.registration.division import api as divisions_api
from services.registration.division.store import Divisions
from services.registration.grant import api as grants_api
from services.registration.grant.handlers import GrantHandlers
from services.registration.session import api as sessions_api
from services.registration.session.handlers import SessionHandlers
from services.registration.session.keys import SigningKeys
from services.registration.session.tokens import Tokens
from services.registration.session.views import SignInDesk
from services.registration.settings import RegistrationSettings
from services.registration.sign_in_code import api as sign_in_codes_api
from services.registration.sign_in_code.handlers import SignInCodeHandlers
from services.registration.sign_in_code.store import SignInCodes
from services.registration.sms import api as dev_api
from services.registration.sms.aliyun import AliyunAccount, AliyunSms
from services.registration.sms.handlers import DeveloperDesk
from services.registration.sms.local import LocalSms
from services.registration.squad import api as squads_api
from services.registration.squad.consumers import SquadConsumers
from services.registration.squad.handlers import SquadHandlers
from services.registration.squad.store import Squads
from services.registration.station import api as stations_api
from services.registration.station.handlers import StationHandlers
from services.registration.station.store import Stations
from services.registration.volunteer import api as volunteers_api
from services.registration.volunteer.handlers import VolunteerHandlers
from services.registration.volunteer.lookup import VolunteerLookup

NOT_SET = "0" * 64
"""Stands in for a key where the service is only described, never served: `_require_keys` sees to
that."""


def build(settings: RegistrationSettings) -> Service:
    """The wired service. Touches neither network nor keys."""
    service = Service("registration", settings)
    store, clock = service.store, service.clock
    personal = Personal(FieldCipher(settings.field_key or NOT_SET, settings.lookup_key or NOT_SET))
    keys = SigningKeys(settings.signing_key, settings.signing_key_file)
    tokens = Tokens(keys, personal, clock, settings.jwt_issuer, settings.jwt_audience)
    accounts, looks, stations, squads = (
        Accounts(store),
        Looks(store),
        Stations(store),
        Squads(store),
    )
    divisions = Divisions(store)

    local = LocalSms(store, personal, clock) if settings.sms == "local" else None
    sender = local or _aliyun(service, settings)
    codes = SignInCodeHandlers(
        SignInCodes(store), accounts, personal, sender, clock, also_unassigned=local is not None
    )
    squad_handlers = SquadHandlers(squads, stations, accounts, clock)

    service.provide(
        personal,
        keys,
        divisions,
        codes,
        squad_handlers,
        DeveloperDesk(local, settings.dev_key),
        SignInDesk(tokens, personal, clock),
        SessionHandlers(accounts, codes, personal, tokens),
        AccountHandlers(accounts, looks, personal),
        StationHandlers(stations),
        GrantHandlers(accounts, squads, stations, clock),
        VolunteerHandlers(accounts, stations, squads, divisions, personal, clock),
        VolunteerLookup(accounts, looks, stations, clock),
    )
    service.routes(
        sign_in_codes_api.router,  #  POST   /sign-in-codes
        # POST /sessions /sessions/refresh; GET /sessions; DELETE /sessions/current /{id}
        sessions_api.router,
        accounts_api.router,  #       GET    /accounts/me /accounts/me/looks; PATCH /accounts/me
        # POST /volunteers /{id}/approve|reject|suspend|proposals; GET; GET, PATCH /{id}
        volunteers_api.router,
        squads_api.router,  #         POST   /squads /squads/{id}/leader; GET /squads
        stations_api.router,  #       POST   /stations; GET /stations
        grants_api.router,  #         POST   /grants; DELETE /grants/{account}/{role}/{area}
        divisions_api.router,  #      GET    /divisions
        dev_api.router,  #            GET    /dev/messages
    )
    service.app.include_router(sessions_api.keys_router)  # GET /.well-known/jwks.json

    # Publishes registration.events: AccountOpened GrantsChanged SessionRevoked StationRegistered
    # SquadFormed VolunteerStandingChanged; and follows its own SquadFormed and
    # VolunteerStandingChanged:
    follow = SquadConsumers(squad_handlers)
    service.on(SquadFormed, follow.on_squad)
    service.on(VolunteerStandingChanged, follow.on_standing)

    async def prepare() -> None:
        _require_keys(service, settings, keys)
        await divisions.load()

    service.starts(prepare)
    return service


def _aliyun(service: Service, settings: RegistrationSettings) -> AliyunSms:
    sms = AliyunSms(
        AliyunAccount(
            settings.aliyun_key_id,
            settings.aliyun_key_secret,
            settings.aliyun_sign_name,
            settings.aliyun_template,
            settings.aliyun_endpoint,
        )
    )
    service.starts(sms.start, sms.stop)
    return sms


def _require_keys(service: Service, settings: RegistrationSettings, keys: SigningKeys) -> None:
    """Raises ValueError naming what is not set. Then this service verifies tokens with its own
    keys."""
    if missing := settings.missing():
        raise ValueError(f"registration cannot serve: set {', '.join(missing)}")
    service.app.state.verifier = Verifier(
        settings.jwks_url,
        settings.jwt_issuer,
        settings.jwt_audience,
        keys=keys.published,
        now=service.clock.real,
    )


service = build(RegistrationSettings())
app = service.app

if __name__ == "__main__":
    service.serve()
