"""client-settings: what an app has to know of this platform before anybody signs in. Here, since
registration knows how people sign in and whether they are invented."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import LocalizedText, View
from chassis.identity.guards import Principal, anyone
from contracts.texts import text
from jinan.coordinates import Datum
from services.registration.settings import ClientSettings

router = APIRouter(prefix="/client-settings", tags=["client-settings"], route_class=PlainRoute)
_KEPT_S = 300


class TilesView(View):
    """`url` has the places `{z}`, `{x}`, `{y}`. A position is shown in `datum`."""

    url: str = Field(examples=["https://tiles.example.org/{z}/{x}/{y}.png"])
    datum: Datum


class EmergencyNumberView(View):
    number: str = Field(examples=["110"])
    name: LocalizedText


class ClientSettingsView(View):
    """`tiles` null: there is no map but the areas' own shapes. `push_public_key` null: nothing is
    pushed. `demonstration`: people and reports are invented, and no message is really sent."""

    tiles: TilesView | None
    push_public_key: str | None
    emergency_numbers: tuple[EmergencyNumberView, ...]
    sms_sign_in: bool
    demonstration: bool


def _numbers() -> tuple[EmergencyNumberView, ...]:
    named = {
        "110": text("emergency.police"),
        "119": text("emergency.fire"),
        "120": text("emergency.ambulance"),
    }
    return tuple(EmergencyNumberView(number=number, name=name) for number, name in named.items())


@router.get("")
async def get_client_settings(
    response: Response,
    _: Annotated[Principal | None, anyone("an app needs it before anybody signs in")],
    settings: Annotated[ClientSettings, provided(ClientSettings)],
) -> ClientSettingsView:
    """The same for everybody: it may be kept for five minutes."""
    response.headers["Cache-Control"] = f"public, max-age={_KEPT_S}"
    tiles = TilesView(url=settings.tiles_url, datum=settings.tiles_datum)
    return ClientSettingsView(
        tiles=tiles if settings.tiles_url else None,
        push_public_key=None,
        emergency_numbers=_numbers(),
        sms_sign_in=settings.sms_sign_in,
        demonstration=settings.demonstration,
    )
