"""Registration's policy: the numbers that decide, from `policy.toml`."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from chassis.domain import Policies, Policy, Window


class RegistrationPolicy(Policy):
    """`_s` fields are seconds."""

    code_digits: int = Field(ge=4, le=8)
    code_long_digits: int = Field(ge=4, le=8)
    code_lifetime_s: int
    code_max_guesses: int
    code_guesses_of_all: int
    code_guesses_per_day: int
    code_resend_wait_s: int
    code_max_per_day: int
    code_reserve_per_day: int
    codes_per_address: tuple[Window, ...]
    codes_per_phone_and_address: tuple[Window, ...]
    sign_ins_per_address: tuple[Window, ...]
    texts_to_strangers: tuple[Window, ...]
    texts_to_accounts: tuple[Window, ...]
    contact_reads: tuple[Window, ...]
    phone_lookups: tuple[Window, ...]
    code_delivery_timeout_s: int
    session_lifetime_days: int
    refresh_grace_s: int
    max_sessions: int
    access_token_lifetime_s: int
    max_proposals: int
    max_number_claims: int
    max_grants: int
    grant_proposal_hours: int
    proposal_days: int = Field(ge=1)
    number_claim_days: int = Field(ge=1)
    application_working_days: int = Field(ge=1)
    application_district_working_days: int = Field(ge=1)
    application_lapse_days: int = Field(ge=1)
    watch_hours: int = Field(ge=1)
    erasure_wait_hours: int = Field(ge=1)

    @property
    def code_lifetime(self) -> timedelta:
        return timedelta(seconds=self.code_lifetime_s)

    @property
    def code_resend_wait(self) -> timedelta:
        return timedelta(seconds=self.code_resend_wait_s)

    @property
    def code_delivery_timeout(self) -> timedelta:
        return timedelta(seconds=self.code_delivery_timeout_s)

    @property
    def session_lifetime(self) -> timedelta:
        return timedelta(days=self.session_lifetime_days)

    @property
    def grant_proposal(self) -> timedelta:
        """How long a second person may confirm a strong role."""
        return timedelta(hours=self.grant_proposal_hours)

    @property
    def erasure_wait(self) -> timedelta:
        return timedelta(hours=self.erasure_wait_hours)

    @property
    def refresh_grace(self) -> timedelta:
        return timedelta(seconds=self.refresh_grace_s)

    @property
    def watch(self) -> timedelta:
        return timedelta(hours=self.watch_hours)


POLICIES = Policies(RegistrationPolicy, Path(__file__).with_name("policy.toml").read_text("utf-8"))
