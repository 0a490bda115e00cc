"""The categories of reports, as the current policy has them."""

from typing import Annotated

from fastapi import APIRouter

from chassis.http.dependencies import Now
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, part_of
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import LocalizedText, View
from chassis.identity.guards import Principal, anyone
from contracts.texts import text
from contracts.vocabulary import Category, Route, Skill, Urgency
from services.incidents.policy import POLICIES

router = APIRouter(prefix="/categories", tags=["categories"], route_class=PlainRoute)


class CategoryView(View):
    """One of the two limits for the first answer is set; working days are Monday to Friday."""

    category: Category
    name: LocalizedText
    route: Route
    urgency: Urgency
    people_needed: int
    skills: tuple[Skill, ...]
    first_answer_minutes: int | None
    first_answer_working_days: int | None


class CategoryPage(Page[CategoryView]):
    rules_version: str


@router.get("", summary="Categories of reports")
async def list_categories(
    _: Annotated[Principal | None, anyone("needed to file a report without an account")],
    clock: Now,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> CategoryPage:
    """The route is the default: the words of a report may lead to another one."""
    policy = POLICIES.at(clock.now())
    views = [
        CategoryView(
            category=category,
            name=text(f"category.{category}"),
            route=entry.route,
            urgency=entry.urgency,
            people_needed=entry.people,
            skills=entry.skills,
            first_answer_minutes=entry.first_answer_minutes,
            first_answer_working_days=entry.first_answer_working_days,
        )
        for category, entry in policy.category.items()
    ]
    items, following = part_of(views, limit, cursor)
    return CategoryPage(rules_version=policy.version, items=[*items], next=following)
