"""What somebody gets who has signed in."""

from pydantic import BaseModel

from chassis.clock import Clock
from services.registration.account.domain import Account, Session
from services.registration.account.personal import Personal
from services.registration.account.views import AccountView, account_view
from services.registration.session.tokens import Tokens


class SignedIn(BaseModel):
    """The access token goes into `Authorization: Bearer`; the refresh token is good once and gives
    the next pair."""

    access_token: str
    refresh_token: str
    expires_in_s: int
    account: AccountView


class SignInDesk:
    """Makes that answer."""

    def __init__(self, tokens: Tokens, personal: Personal, clock: Clock) -> None:
        self._tokens, self._personal, self._clock = tokens, personal, clock

    def answer(self, account: Account, session: Session, phone: str | None = None) -> SignedIn:
        """`phone`: where it is known already."""
        token, life = self._tokens.access(account, session)
        return SignedIn(
            access_token=token,
            refresh_token=self._tokens.refresh(account, session),
            expires_in_s=life,
            account=account_view(account, self._personal, self._clock.now(), phone),
        )
