"""registration: who people are, what they may do, and how they sign in. All routes and events are
on this screen."""

from functools import partial

from chassis.http.caller import within
from chassis.limits.quota import Quota
from chassis.service import Service
from contracts import topics
from contracts.events.incidents import (
    ReportClosed,
    ReportCorrected,
    ReportFiled,
    ReportNotAccepted,
    ReportReopened,
    ReportWithdrawn,
)
from contracts.events.registration import (
    GrantProposalConfirmed,
    GrantsChanged,
    PersonErased,
    SquadFormed,
    VolunteerStandingChanged,
)
from services.registration.account import api as account_api
from services.registration.account import events as account_events
from services.registration.account.handlers import AccountHandlers
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.account.store import AccessLog, Accounts, keys_of_people
from services.registration.application.handlers import ApplicationHandlers
from services.registration.client_settings import api as client_settings_api
from services.registration.division import api as division_api
from services.registration.division.store import Divisions
from services.registration.erasure import api as erasure_api
from services.registration.erasure.handlers import ErasureHandlers
from services.registration.grant import api as grant_api
from services.registration.grant.handlers import GrantHandlers, GrantLogHandlers
from services.registration.grant.store import GrantLog, StoredDepartures
from services.registration.grant_proposal import api as grant_proposal_api
from services.registration.grant_proposal.handlers import GrantProposalHandlers
from services.registration.grant_proposal.store import GrantProposals
from services.registration.leaving import api as leaving_api
from services.registration.leaving.handlers import LeavingHandlers
from services.registration.person import api as person_api
from services.registration.person.handlers import PersonReader
from services.registration.phone_change import api as phone_change_api
from services.registration.phone_change.handlers import PhoneChangeHandlers
from services.registration.policy import POLICIES
from services.registration.replicas.reports import Reports
from services.registration.reporter_contact import api as reporter_contact_api
from services.registration.reporter_contact.handlers import ReporterContacts
from services.registration.settings import NOT_SET, RegistrationSettings
from services.registration.sign_in import api as sign_in_api
from services.registration.sign_in.handlers import (
    CodeHandlers,
    LocalMessageHandlers,
    SessionHandlers,
)
from services.registration.sign_in.limits import SignInLimits
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

_ROUTERS = (
    sign_in_api.router,
    account_api.router,
    erasure_api.router,
    volunteer_api.router,
    leaving_api.router,
    person_api.router,
    phone_change_api.router,
    reporter_contact_api.router,
    client_settings_api.router,
    squad_api.router,
    station_api.router,
    grant_api.router,
    grant_proposal_api.router,
    division_api.router,
    watch_api.router,
)


def build(settings: RegistrationSettings) -> Service:
    """The wired service. Touches neither network nor keys."""
    service = Service("registration", settings)
    store, clock = service.store, service.clock
    field_key, lookup_key = settings.field_key or NOT_SET, settings.lookup_key or NOT_SET
    personal = PersonalData(FieldCipher(field_key, lookup_key))
    keys = SigningKeys(settings.signing_key, settings.signing_key_file)
    tokens = Tokens(keys, personal, clock, settings.jwt_issuer, settings.jwt_audience)
    accounts = Accounts(store, keys_of_people(store, field_key))
    access_log, grants_given, divisions = AccessLog(store), GrantLog(store), Divisions(store)
    stations, squads, held = Stations(store), Squads(store), Watches(store)

    messages = LocalMessages(store) if settings.sms == "local" else None
    limits = _limits(service, settings, personal)
    codes = _codes(service, settings, accounts, personal, messages, limits)
    squad_handlers = SquadHandlers(squads, stations, accounts, clock)
    watches = WatchHandlers(held, accounts, clock)
    erasure = ErasureHandlers(accounts, access_log, grants_given, squads, codes, personal, clock)

    service.provide(
        personal,
        keys,
        divisions,
        codes,
        squad_handlers,
        watches,
        erasure,
        LocalMessageHandlers(messages, personal, settings.dev_key),
        SessionHandlers(accounts, codes, limits, personal, tokens, clock),
        AccountHandlers(accounts, access_log, personal, clock),
        StationHandlers(stations, accounts),
        VolunteerHandlers(accounts, stations, squads, divisions, personal, clock),
        LeavingHandlers(accounts, clock),
        PhoneChangeHandlers(accounts, codes, personal),
        settings.for_clients(),
    )
    _reads_people(service, settings, accounts, access_log, squads, stations, personal)
    service.routes(*_ROUTERS)
    service.app.include_router(sign_in_api.keys_router)  # /.well-known/jwks.json

    _give_roles(service, accounts, squads, stations, grants_given)
    service.on(SquadFormed, squad_handlers.follow_squad)
    service.on(VolunteerStandingChanged, squad_handlers.follow_standing)
    service.on(GrantsChanged, watches.on_grants)
    service.on(PersonErased, erasure.on_erased)
    _restates(service, accounts, stations, squads, held)
    service.lingers(0.1, topics.REGISTRATION, topics.INCIDENTS)
    _ends(service, watches, erasure, ApplicationHandlers(accounts, held, personal, clock))

    service.starts(partial(_prepare, service, settings, keys, divisions))
    return service


def _ends(
    service: Service,
    watches: WatchHandlers,
    erasure: ErasureHandlers,
    applications: ApplicationHandlers,
) -> None:
    """What time brings."""
    service.runs_when_due("watches that lapse", watches.lapse_due, watches.schedule)
    service.runs_when_due("people to erase", erasure.erase_due, erasure.schedule)
    service.runs("what nobody decided", applications.end_due, every=600)


def _give_roles(
    service: Service,
    accounts: Accounts,
    squads: Squads,
    stations: Stations,
    log: GrantLog,
) -> None:
    """By one person, or strong ones by two."""
    store, clock = service.store, service.clock
    departures, grant_log = StoredDepartures(store), GrantLogHandlers(log, accounts)
    grants = GrantHandlers(accounts, departures, squads, stations, grant_log, clock)
    proposals = GrantProposalHandlers(GrantProposals(store), grants, grant_log, clock)
    service.provide(grants, grant_log, proposals)
    service.on(GrantsChanged, grant_log.on_grants)
    service.on(GrantProposalConfirmed, proposals.on_confirmed)
    service.runs_when_due("proposals that lapse", proposals.lapse_due, proposals.schedule)


def _reads_people(
    service: Service,
    settings: RegistrationSettings,
    accounts: Accounts,
    access_log: AccessLog,
    squads: Squads,
    stations: Stations,
    personal: PersonalData,
) -> None:
    """Names and phones, each look in the access log."""
    store, clock, secret = service.store, service.clock, settings.lookup_key or NOT_SET
    volunteers = VolunteerReader(accounts, access_log, stations, clock)
    lookups = Quota(store, "phone-lookups", lambda now: POLICIES.at(now).phone_lookups, secret)
    people = PersonReader(
        accounts, squads, stations, volunteers, access_log, lookups, personal, clock
    )
    reports = Reports(store)
    reads = Quota(store, "contact-reads", lambda now: POLICIES.at(now).contact_reads, secret)
    contacts = ReporterContacts(accounts, reports, access_log, reads, personal, clock)
    service.provide(volunteers, people, contacts)
    for opened in (ReportFiled, ReportReopened, ReportCorrected):
        service.on(opened, reports.on_open)
    for ended in (ReportClosed, ReportWithdrawn, ReportNotAccepted):
        service.on(ended, reports.on_ended)
    service.on(PersonErased, contacts.on_erased)


def _codes(
    service: Service,
    settings: RegistrationSettings,
    accounts: Accounts,
    personal: PersonalData,
    messages: LocalMessages | None,
    limits: SignInLimits,
) -> CodeHandlers:
    clock = service.clock
    sender = LocalSms(messages, personal, clock) if messages else _aliyun(service, settings)
    stored, allow = SignInCodes(service.store), bool(messages)
    return CodeHandlers(stored, accounts, personal, sender, limits, clock, allow)


async def _prepare(
    service: Service, settings: RegistrationSettings, keys: SigningKeys, divisions: Divisions
) -> None:
    _require_keys(service, settings, keys)
    await divisions.load()


def _limits(
    service: Service, settings: RegistrationSettings, personal: PersonalData
) -> SignInLimits:
    return SignInLimits(
        service.store,
        personal,
        settings.lookup_key or NOT_SET,
        within(settings.unlimited_networks),
        free_texts=settings.sms == "local",
    )


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
            settings.aliyun_notice_template,
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
