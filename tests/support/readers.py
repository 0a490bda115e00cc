"""No report without a reader: of every open report somebody who can act was told, and has it in a
queue."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pymongo import AsyncMongoClient

from tests.support.waiting import eventually

Document = Mapping[str, Any]
"""As the services store them: reports of incidents, messages of notify."""
CLOSED = ("closed", "withdrawn", "not_accepted", "logged")
_TOLD_WITHIN_S = 30.0


async def somebody_is_told_of_each(mongo_url: str) -> None:
    """Wait until every report that is open now has had a reader; fails with those that have
    none."""
    missing: dict[str, str] | None = None
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:

        async def left() -> list[str]:
            nonlocal missing
            now = dict(without_reader(*await _open_reports(client)))
            missing = {id: now[id] for id in (now if missing is None else missing) if id in now}
            return list(missing.values())

        await eventually(
            left, lambda lines: not lines, what="a reader for each", within=_TOLD_WITHIN_S
        )


async def _open_reports(
    client: "AsyncMongoClient[dict[str, Any]]",
) -> tuple[dict[str, Document], list[Document]]:
    """With the messages about them."""
    found = client["incidents"]["reports"].find({"state": {"$nin": CLOSED}}, {"text": 0})
    reports: dict[str, Document] = {report["_id"]: report async for report in found}
    about = client["notify"]["messages"].find({"report": {"$in": list(reports)}})
    return reports, [message async for message in about]


def without_reader(
    reports: Mapping[str, Document], messages: Iterable[Document]
) -> Iterator[tuple[str, str]]:
    """The id of each open report that nobody was told of or has in hand, with a line about it."""
    about: dict[str, list[Document]] = {}
    for message in messages:
        about.setdefault(message["report"] or "", []).append(message)
    for id, report in reports.items():
        if report["state"] not in CLOSED and not _has_reader(report, about.get(id, [])):
            yield id, f"report {id} without a reader: {_situation(report)}"


def _has_reader(report: Document, messages: list[Document]) -> bool:
    referral, queued = report["referral"], report["turns"]
    if referral is not None and referral["acknowledged_at"] is None:
        step = {"why": referral["why"], "step": referral["step"]}
        told = any(_told(one, "escalation", **step) for one in messages)
        return told and queued["station"] is not None
    match report["state"]:
        case "filed" | "handed_off" | "acknowledged":
            return referral is not None and queued["station"] is not None
        case "assigned":
            told = any(_told(one, "notice", round=report["round"]) for one in messages)
            return told and queued["committee"] is not None
        case "routed" | "called":
            called = any(_told(one, "alert", round=report["round"]) for one in messages)
            return called or queued["station"] is not None
        case "accepted" | "on_scene":
            return any(
                not helper["left"] and helper["round"] == report["round"]
                for helper in report["helpers"]
            )
        case "resolved":  # an anonymous reporter asks by number; the station confirms for them
            return report["reporter"] is None or any(_told(one, "outcome") for one in messages)
        case _:
            return False


def _told(message: Document, kind: str, **data: Any) -> bool:
    seen = any(not one["held_back"] for one in message["recipients"])
    return message["kind"] == kind and seen and data.items() <= message["data"].items()


def _situation(report: Document) -> str:
    referral = report["referral"]
    if referral is None:
        return report["state"]
    return f"{report['state']}, {referral['why']} asked of {referral['level'] or 'nobody yet'}"
