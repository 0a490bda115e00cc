"""How often somebody may ask, as Envoy is told: a filter for each window with its buckets, and for
each route what it counts.

A filter for each window, the shortest first: what one refuses, the next does not count. In a single
filter a burst that is refused would use up the day of everybody behind the same address.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from ipaddress import ip_network
from typing import Any, NamedTuple, cast

from deploy.gateway import plan
from deploy.gateway.plan import Budget, Limits, Rate, Rates, Window

Json = dict[str, Any]
_FILTER = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
_SUBSCRIBER = 64
"""A subscriber has a whole IPv6 network of this prefix, and any address of it at will."""


class _Key(NamedTuple):
    """A part of what is counted together: how Envoy finds it in a request, and what the bucket
    calls it. Without a value there is a bucket for each value that comes."""

    action: Json
    entry: Json


_ADDRESS = _Key(
    {"masked_remote_address": {"v6_prefix_mask_len": _SUBSCRIBER}}, {"key": "masked_remote_address"}
)
_SUBJECT: Json = {
    "descriptor_key": "account",
    "metadata_key": {
        "key": "envoy.filters.http.jwt_authn",
        "path": [{"key": "token"}, {"key": "sub"}],
    },
}
"""Of the token that was checked; a header that only looks like one gives none."""
_ACCOUNT = _Key({"metadata": _SUBJECT}, {"key": "account"})
_NO_ACCOUNT = _Key(
    {"metadata": {**_SUBJECT, "default_value": "none"}}, {"key": "account", "value": "none"}
)


def _path(match: Json) -> _Key:
    """Holds for these paths only."""
    headers = [{"name": ":path", "string_match": match}]
    action = {"descriptor_key": "path", "descriptor_value": "yes", "headers": headers}
    return _Key({"header_value_match": action}, {"key": "path", "value": "yes"})


_BY_WINDOW = tuple(f.name for f in fields(Rates) if f.name not in ("everything", "docs_each"))
"""The rates that the filters after the token's check hold."""


class RateFilters:
    """The filters, and the counts of routes that fit them. Addresses of `unlimited_networks` have
    no rates of their own, nor have accounts that ask from there."""

    def __init__(self, limits: Limits, unlimited_networks: Sequence[str]) -> None:
        self._rates, self._counted = limits.rates, limits.counted
        self._limited = _limited(unlimited_networks)

    @property
    def before_token(self) -> Json:
        """Counts everything, each address in a second, since a token's check costs, and the pages
        that are sent from memory."""
        first, minute, _ = plan.WINDOWS
        config = self._filter("everything", first, ["everything_each"])
        config["token_bucket"] = _bucket(self._rates.everything, first)
        config["descriptors"] += self._descriptors(["docs_each"], minute)
        config["rate_limits"] = [
            {"actions": self._actions(name)} for name in ("everything_each", "docs_each")
        ]
        return config

    @property
    def after_token(self) -> list[Json]:
        """Counts by window what the routes say."""
        return [
            self._filter(window.name, window, _BY_WINDOW)
            | {"stage": stage, "vh_rate_limits": "INCLUDE"}
            for stage, window in enumerate(plan.WINDOWS, 1)
        ]

    def of_all(self) -> list[Json]:
        """What every request counts for."""
        return [*self._counts("everything_each", longer=True), *self._counts("everything_account")]

    def of_route(self, noun: str, *, reads: bool) -> list[Json]:
        """What a request to this noun counts for besides."""
        found = [b for b in plan.BUDGETS if noun in b.nouns and (b.reads_too or not reads)]
        return [
            count for budget in found for name in _rates_of(budget) for count in self._counts(name)
        ]

    def _counts(self, name: str, *, longer: bool = False) -> Iterator[Json]:
        """One for each window of this rate."""
        for stage, window in enumerate(plan.WINDOWS, 1):
            if self._rate(name, window) and not (longer and stage == 1):
                yield {"stage": stage, "actions": self._actions(name)}

    def _filter(self, stats: str, window: Window, names: Sequence[str]) -> Json:
        all_of_them = {"default_value": {"numerator": 100}}
        return {
            "@type": _FILTER,
            "stat_prefix": f"rates_{stats}",
            "filter_enabled": all_of_them,
            "filter_enforced": all_of_them,
            "max_dynamic_descriptors": self._counted,
            "response_headers_to_add": [
                {"header": {"key": "retry-after", "value": str(window.retry_after)}}
            ],
            "descriptors": self._descriptors(names, window),
        }

    def _descriptors(self, names: Sequence[str], window: Window) -> list[Json]:
        return [
            {
                "entries": [key.entry for key in self._keys(name)],
                "token_bucket": _bucket(self._of(name), window),
            }
            for name in names
            if self._rate(name, window)
        ]

    def _actions(self, name: str) -> list[Json]:
        return [key.action for key in self._keys(name)]

    def _keys(self, name: str) -> list[_Key]:
        """Those of one rate, by its name."""
        named = _Key(
            {"generic_key": {"descriptor_value": name}}, {"key": "generic_key", "value": name}
        )
        stem, _, of = name.rpartition("_")
        budget = next((b for b in plan.BUDGETS if b.name in (name, stem)), None)
        keys = [named]
        if budget and budget.path:
            keys.append(_path({"safe_regex": {"regex": rf"{plan.API}/{budget.path}(\?.*)?"}}))
        if stem == "docs":
            keys.append(_path({"prefix": "/docs"}))
        if of == "each":
            without = [_NO_ACCOUNT] if budget and budget.by_account else []
            keys += [*self._limited, *without, _ADDRESS]
        elif of == "account":
            keys += [*self._limited, _ACCOUNT]
        return keys

    def _of(self, name: str) -> Rate:
        return cast(Rate, getattr(self._rates, name))

    def _rate(self, name: str, window: Window) -> int | None:
        return getattr(self._of(name), window.name)


def _rates_of(budget: Budget) -> list[str]:
    each = [budget.name, f"{budget.name}_each"]
    return [*each, f"{budget.name}_account"] if budget.by_account else each


def _bucket(rate: Rate, window: Window) -> Json:
    count = getattr(rate, window.name)
    return {"max_tokens": count, "tokens_per_fill": count, "fill_interval": f"{window.seconds}s"}


def _limited(networks: Sequence[str]) -> list[_Key]:
    """Holds for addresses outside of `networks`. Raises ValueError for what is no network."""
    if not networks:
        return []
    ranges = [
        {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}
        for network in map(ip_network, networks)
    ]
    action = {
        "descriptor_key": "limited",
        "descriptor_value": "yes",
        "address_matcher": {"ranges": ranges, "invert_match": True},
    }
    return [_Key({"remote_address_match": action}, {"key": "limited", "value": "yes"})]
