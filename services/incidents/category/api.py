"""The table of categories, as the rules in force have it."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.http.dependencies import Now
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, anyone
from contracts.texts import text
from contracts.vocabulary import Category, Route, Skill, Urgency
from services.incidents.report.policy import rules_at

router = APIRouter(prefix="/categories", tags=["categories"], route_class=PlainRoute)


class CategoryView(BaseModel):
    """One of the two spans for the first answer is given; a working day is Monday to Friday."""

    category: Category
    zh: str
    en: str
    route: Route
    urgency: Urgency
    people_needed: int
    skills: tuple[Skill, ...]
    first_answer_minutes: int | None = None
    first_answer_working_days: int | None = None


class CategoryList(BaseModel):
    rules_version: str
    categories: list[CategoryView]


@router.get("", response_model_exclude_none=True, summary="What a report can be about")
async def list_categories(
    _: Annotated[Principal | None, anyone("needed to file a report without an account")], clock: Now
) -> CategoryList:
    """The default of each; words about danger, a crowd or a threat change the route of a single
    report."""
    rules = rules_at(clock.now())
    views = [
        CategoryView(
            category=name,
            zh=text(f"category.{name}").zh,
            en=text(f"category.{name}").en,
            route=rule.route,
            urgency=rule.urgency,
            people_needed=rule.people,
            skills=rule.skills,
            first_answer_minutes=rule.first_answer_minutes,
            first_answer_working_days=rule.first_answer_working_days,
        )
        for name, rule in rules.category.items()
    ]
    return CategoryList(rules_version=rules.version, categories=views)
