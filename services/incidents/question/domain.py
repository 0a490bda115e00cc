"""A question to the reporter: asked by an officer, answered in time, or later as a note.
`decide(report, ..., actor, now) -> report and facts`. That it lapses is `deadline`'s."""

from datetime import datetime, timedelta

from chassis.domain import Decision, Refusal
from contracts.envelope import Event
from services.incidents.report import events
from services.incidents.report.domain import later_texts
from services.incidents.report.domain.decisions import add_note, require, take
from services.incidents.report.domain.parts import Question
from services.incidents.report.domain.report import RULES, Actor, Report
from services.incidents.report.domain.states import MAX_QUESTIONS, OPEN, UNANSWERED


def ask(report: Report, id: str, text: str, actor: Actor, now: datetime) -> Decision[Report]:
    """One at a time. Who asks has looked at the report, and need not decide before the answer."""
    require(report, [*OPEN, "resolved"])
    if report.asked:
        raise Refusal("question_open")
    if sum(entry.what == "asked" for entry in report.timeline) >= MAX_QUESTIONS:
        raise Refusal("too_many_questions", max=MAX_QUESTIONS)
    until = now + timedelta(hours=report.policy.question_within_hours)
    question = Question(id=id, by=actor.account or "", at=now, until=until, text=text)
    taken, facts = take(report, actor, now)
    first = now if report.state in UNANSWERED else None
    asked = taken.step(
        "asked",
        now,
        actor,
        note=text,
        question=question,
        answered_at=report.answered_at or first,
    )
    return asked, [*facts, events.question_asked(asked, question)]


def answer(report: Report, text: str, actor: Actor, now: datetime) -> Decision[Report]:
    """The words are read like those of a note. Too late they are kept as one, and who asked is told
    all the same."""
    question = report.question
    if question is None or question.answer is not None:
        raise Refusal("no_question")
    if not report.asked or now >= question.until:
        return later_texts.then_read(_late(report, question, text, actor, now), text, actor, now)
    ended = question.with_(state="answered", answer=text, ended_at=now)
    answered = report.step("answered", now, actor, note=text, question=ended)
    decision = answered, [events.question_answered(answered, ended)]
    return later_texts.then_read(decision, text, actor, now)


def _late(
    report: Report, question: Question, text: str, actor: Actor, now: datetime
) -> Decision[Report]:
    """It may be due and not settled yet: then it lapses here, and nobody is asked, since the answer
    is there."""
    facts: list[Event] = []
    if question.state == "asked":
        question = question.with_(state="lapsed", ended_at=now)
        report = report.step("question_lapsed", now, RULES, question=question)
        facts.append(events.question_lapsed(report, question))
    noted, _ = add_note(report, text, actor, now)
    told = question.with_(answer=text)
    late = noted.with_(question=told)
    return late, [*facts, events.question_answered(late, told)]
