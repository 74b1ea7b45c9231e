"""What the files must mean together: names that exist, steps that lead somewhere, statuses used once.

The checks read the plain values, not the models, so that a slip in one line hides nothing in the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.config_source import Place, Problem, nearest
from bot.core.process import AUTOMATED, DISTRICT, LEAD, OPERATOR

REPLIES = ("confirm", "files_ready")  # what a district can say that finishes a branch


def calendar_problems(calendar: Place) -> Iterator[Problem]:
    """What a calendar's days have wrong between them."""
    if calendar["week"].value and not any(day.entries() for day in calendar["week"].entries()):
        yield calendar["week"].problem("the week has no open hours, so nothing would ever be due")
    closed = {day.name for day in calendar["closed"].entries()}
    for day in calendar["exceptions"].entries():
        if day.name in closed:
            yield day.problem(f"{day.name} is closed and an exception; keep one of the two")


def process_problems(process: Place, teams: Sequence[str], calendars: Sequence[str]) -> Iterator[Problem]:
    """Everything in a process that points at nothing, twice at one thing, or nowhere."""
    yield from _statuses(process)
    yield from _parties(process, teams)
    yield from _routes(process)
    yield from _branches(process)
    calendar = process["calendar"]
    if calendar.text and calendar.text not in calendars:
        yield calendar.problem(f'there is no calendar "{calendar.text}"{nearest(calendar.text, calendars)}')


def same_problems(calendars: Iterable[Place], processes: Iterable[Place]) -> Iterator[Problem]:
    """Files that claim the same name, or the same issues."""
    processes = list(processes)
    yield from _twice((c["calendar"] for c in calendars), "the calendar")
    yield from _twice((p["process"] for p in processes), "the process")
    first: dict[tuple[str | None, str | None], Place] = {}
    for process in processes:
        applies = process["applies_to"]
        key = (applies["project"].text, applies["issue_type"].text)
        if None in key:
            continue
        if key in first:
            other = first[key].source.file
            yield applies.problem(f'issues of "{key[0]}", type "{key[1]}", already follow {other}')
        first.setdefault(key, process)


def _twice(places: Iterable[Place], what: str) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for place in places:
        if not place.text:
            continue
        word = place.text.casefold()
        if word in first:
            before = first[word].source
            seen = f"{before.file}:{before.line(first[word].path)}"
            yield place.problem(f'{what} "{place.text}" is used twice, first at {seen}')
        first.setdefault(word, place)


def _statuses(process: Place) -> Iterator[Problem]:
    # Two steps in one status could not be told apart, and neither could a step and a wait or an end.
    places = [step["status"] for step in process["steps"].entries()]
    places += [process["waiting_status"], *map(_end_status, process["ends"].entries())]
    places.sort(key=lambda place: place.source.line(place.path))
    yield from _twice(places, "the status")


def _end_status(end: Place) -> Place:
    return end["status"] if isinstance(end.value, dict) else end


def _parties(process: Place, teams: Sequence[str]) -> Iterator[Problem]:
    known = (*teams, DISTRICT, AUTOMATED)
    escalations = process["escalations"].entries()
    for step in process["steps"].entries():
        escalations += step["escalations"].entries()
        for place in (*step["party"].entries(), *(b["party"] for b in step["branches"].entries())):
            if place.text and place.text not in known:
                yield place.problem(f'there is no party "{place.text}"{nearest(place.text, known)}')
    for place in (escalation["tell"] for escalation in escalations):
        listeners = ("team", LEAD, OPERATOR, *teams)
        if place.text and place.text not in listeners:
            yield place.problem(f'there is no team "{place.text}" to tell{nearest(place.text, listeners)}')


def _routes(process: Place) -> Iterator[Problem]:
    steps = {step.name: step for step in process["steps"].entries()}
    ends = [end.name for end in process["ends"].entries()]
    for end in process["ends"].entries():
        if end.name in steps:
            yield end.problem(f'"{end.name}" is the name of a step and of an end; give one another name')
    for step in steps.values():
        onward, back = step["next"], step["revision"]["return_to"]
        if onward.text and onward.text not in (*steps, *ends):
            hint = nearest(onward.text, (*steps, *ends))
            yield onward.problem(f'the step "{step.name}" leads to "{onward.text}", which is no step and no end{hint}')
        if back.text and back.text not in steps:
            hint = nearest(back.text, steps)
            yield back.problem(f'a revision returns to "{back.text}", which is no step{hint}')
        said = step["said_by"]
        if said.text and said.text not in steps:
            yield said.problem(f'"said_by" names "{said.text}", which is no step{nearest(said.text, steps)}')
    yield from _circles(steps)
    if all(step["next"].text in (*steps, *ends) for step in steps.values()):
        yield from _unreached(steps)  # while a step leads nowhere, those behind it are not to blame


def _circles(steps: Mapping[str, Place]) -> Iterator[Problem]:
    told: set[str] = set()
    for name in steps:
        way = [name]
        while (onward := steps[way[-1]]["next"].text) in steps and onward not in way:
            way.append(str(onward))
        if onward == name and name not in told:
            told.update(way)
            circle = " -> ".join((*way, name))
            yield steps[name]["next"].problem(f"the steps lead in a circle and never to an end: {circle}")


def _unreached(steps: Mapping[str, Place]) -> Iterator[Problem]:
    seen: set[str] = set()
    ahead = list(steps)[:1]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            onward = (steps[name]["next"].text, steps[name]["revision"]["return_to"].text)
            ahead += [word for word in onward if word is not None and word in steps]
    for name, step in steps.items():
        if name not in seen:
            yield step.problem(f'no step leads to "{name}"; the first step is "{next(iter(steps))}"')


def _branches(process: Place) -> Iterator[Problem]:
    for step in process["steps"].entries():
        for branch in step["branches"].entries():
            yield from _branch(branch)


def _branch(branch: Place) -> Iterator[Problem]:
    reply = branch["done_by"]
    if reply.text and reply.text not in REPLIES:
        hint = nearest(reply.text, REPLIES)
        yield reply.problem(f'"{reply.text}" is not a reply that a district can give{hint}')
    if reply.text and branch["party"].text not in (None, DISTRICT):
        yield reply.problem(f'"done_by" is for the district\'s replies; "{branch.name}" is not its branch')
    if isinstance(branch.value, dict) and not reply.value and not branch["subtask"].value:
        yield branch.problem(f'nothing can finish the branch "{branch.name}": it needs "subtask" or "done_by"')
    if branch["description"].value and not branch["subtask"].value:
        yield branch["description"].problem(f'"description" is for a subtask, and "{branch.name}" has none')
