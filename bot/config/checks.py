"""What the files must mean together: names that exist, steps that lead somewhere, statuses used once.

The checks read the normalized values, not the models, so that a slip in one line hides nothing in the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.config.source import Place, Problem, known_hint
from bot.core.history.replies import KEYWORDS, STATUS
from bot.core.model.process import AUTOMATED, DISTRICT, LEAD, OPERATOR, normalized

RESERVED = (DISTRICT, AUTOMATED, "team", LEAD, OPERATOR)
REPLIES = tuple(word for word in KEYWORDS if word != STATUS)  # what a district can reply that finishes a branch


def calendar_problems(calendar: Place) -> Iterator[Problem]:
    """What a calendar's days have wrong between them."""
    if calendar["week"].value and not any(day.entries() for day in calendar["week"].entries()):
        yield calendar["week"].problem("the week has no open hours, so nothing would ever be due")
    closed = {day.name for day in calendar["closed"].entries()}
    for day in calendar["exceptions"].entries():
        if day.name in closed:
            yield day.problem(f"{day.name} is closed and an exception; keep one of the two")


def office_problems(office: Place, calendars: Sequence[str]) -> Iterator[Problem]:
    """Names in bot.yaml that have a meaning already, and calendars for districts that are not there."""
    for team in office["teams"].entries():
        if team.name in RESERVED:
            yield team.problem(f'a team must not be called "{team.name}"; that word has a meaning of its own')
    first: dict[str, str] = {}
    for calendar in office["calendar_by"]["values"].entries():
        if calendar.text and calendar.text not in calendars:
            yield calendar.problem(f'there is no calendar "{calendar.text}"{known_hint(calendar.text, calendars)}')
        before = first.setdefault(normalized(calendar.name), calendar.name)
        if before != calendar.name:
            yield calendar.problem(f'"{calendar.name}" is the same value as "{before}"; case and spaces do not count')


def process_problems(process: Place, teams: Sequence[str], calendars: Sequence[str]) -> Iterator[Problem]:
    """Everything in a process that points at nothing, twice at one thing, or nowhere."""
    yield from _statuses(process)
    yield from _parties(process, teams)
    yield from _routes(process)
    yield from _branches(process)
    yield from _escalations(process, teams)
    calendar = process["calendar"]
    if calendar.text and calendar.text not in calendars:
        yield calendar.problem(f'there is no calendar "{calendar.text}"{known_hint(calendar.text, calendars)}')


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
    # Two steps in one status could not be distinguished, nor could a step and a wait or an end.
    places = [step["status"] for step in process["steps"].entries()]
    places += [process["waiting_status"], *map(_end_status, process["ends"].entries())]
    places.sort(key=lambda place: place.source.line(place.path))
    yield from _twice(places, "the status")


def _end_status(end: Place) -> Place:
    return end["status"] if isinstance(end.value, dict) else end


def _parties(process: Place, teams: Sequence[str]) -> Iterator[Problem]:
    known = (*teams, DISTRICT, AUTOMATED)
    for step in process["steps"].entries():
        for place in (*step["party"].entries(), *(b["party"] for b in step["branches"].entries())):
            if place.text and place.text not in known:
                yield place.problem(f'there is no party "{place.text}"{known_hint(place.text, known)}')


def escalation_lists(process: Place) -> Iterator[Place]:
    """Each list of escalations in a process file: its own, its steps', its branches'."""
    yield process["escalations"]
    for step in process["steps"].entries():
        yield step["escalations"]
        yield from (branch["escalations"] for branch in step["branches"].entries())


def _escalations(process: Place, teams: Sequence[str]) -> Iterator[Problem]:
    for escalations in escalation_lists(process):
        seen: dict[tuple[str, ...], Place] = {}
        for one in escalations.entries():
            yield from _escalation(one, teams)
            parts = (one["at"].text, one["every"].text, one["after"].text or "100%")
            when = tuple("".join((part or "").casefold().split()) for part in parts)
            if any(when[:2]) and seen.setdefault(when, one) is not one:
                yield one.problem("there are two escalations at this moment; write what they do into one")
    for step in process["steps"].entries():
        for branch in step["branches"].entries():
            if branch["escalations"].value is not None and not branch["goal"].value:
                yield branch["escalations"].problem(f'"escalations" are for a goal, and "{branch.name}" has none')


def _escalation(one: Place, teams: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(one.value, dict):
        return
    at, every, after, who, channel = (one[key] for key in ("at", "every", "after", "tell", "notify"))
    if (at.value is None) == (every.value is None):
        yield one.problem('an escalation needs either "at", like 75%, or "every", like 1 business day')
    elif at.value is not None and after.value is not None:
        yield after.problem('"after" is for "every"; "at" says when by itself')
    listeners = ("team", LEAD, OPERATOR, *teams)
    if who.text and who.text not in listeners:
        yield who.problem(f'there is no team "{who.text}" to tell{known_hint(who.text, listeners)}')
    if channel.text == OPERATOR:
        yield channel.problem('the operator is told with "tell: operator"; "notify" names a channel of your own')
    if one.value.keys() <= {"at", "every", "after"}:
        yield one.problem('this escalation does nothing: give it "label", "tell" or "notify"')


def _routes(process: Place) -> Iterator[Problem]:
    steps = {step.name: step for step in process["steps"].entries()}
    ends = [end.name for end in process["ends"].entries()]
    for end in process["ends"].entries():
        if end.name in steps:
            yield end.problem(f'"{end.name}" is the name of a step and of an end; give one another name')
    for step in steps.values():
        onward, back = step["next"], step["revision"]["return_to"]
        if onward.text and onward.text not in (*steps, *ends):
            hint = known_hint(onward.text, (*steps, *ends))
            yield onward.problem(
                f'the step "{step.name}" leads to "{onward.text}", which is neither a step nor an end{hint}'
            )
        if back.text and back.text not in steps:
            hint = known_hint(back.text, steps)
            yield back.problem(f'a revision returns to "{back.text}", which is not a step{hint}')
        said = step["said_by"]
        if said.text and said.text not in steps:
            yield said.problem(f'"said_by" names "{said.text}", which is not a step{known_hint(said.text, steps)}')
    yield from _circles(steps)
    if all(step["next"].text in (*steps, *ends) for step in steps.values()):
        yield from _unreached(steps)  # while a step leads nowhere, those behind it are not to blame


def _circles(steps: Mapping[str, Place]) -> Iterator[Problem]:
    reported: set[str] = set()
    for name in steps:
        way = [name]
        while (onward := steps[way[-1]]["next"].text) in steps and onward not in way:
            way.append(str(onward))
        if onward == name and name not in reported:
            reported.update(way)
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
        hint = known_hint(reply.text, REPLIES)
        yield reply.problem(f'"{reply.text}" is not a reply that a district can give{hint}')
    if reply.text and branch["party"].text not in (None, DISTRICT):
        yield reply.problem(f'"done_by" is for the district\'s replies; "{branch.name}" is not its branch')
    if isinstance(branch.value, dict) and not reply.value and not branch["subtask"].value:
        yield branch.problem(f'nothing can finish the branch "{branch.name}": it needs "subtask" or "done_by"')
    if branch["description"].value and not branch["subtask"].value:
        yield branch["description"].problem(f'"description" is for a subtask, and "{branch.name}" has none')
