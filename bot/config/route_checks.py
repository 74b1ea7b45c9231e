"""What the steps of a process file must mean together: each leads on to an end, and back only to what came before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.config.source import Place, Problem, known_hint


def route_problems(process: Place) -> Iterator[Problem]:
    """Steps that lead nowhere, in a circle or back to a later step, and steps that nothing leads to."""
    steps = {step.name: step for step in process["steps"].entries()}
    ends = [end.name for end in process["ends"].entries()]
    for end in process["ends"].entries():
        if end.name in steps:
            yield end.problem(f'"{end.name}" is the name of a step and of an end; give one another name')
    for step in steps.values():
        onward = step["next"]
        if onward.text and onward.text not in (*steps, *ends):
            hint = known_hint(onward.text, (*steps, *ends))
            yield onward.problem(
                f'the step "{step.name}" leads to "{onward.text}", which is neither a step nor an end{hint}'
            )
        said = step["said_by"]
        if said.text and said.text not in steps:
            yield said.problem(f'"said_by" names "{said.text}", which is not a step{known_hint(said.text, steps)}')
        if step["revision"].value is not None:
            yield from _revision(process, step, steps)
        if step["wait"].value is not None:
            yield from _wait(step)
    yield from _circles(steps)
    if all(step["next"].text in (*steps, *ends) for step in steps.values()):
        yield from _unreached(steps)  # while a step leads nowhere, those behind it are not to blame


def _wait(step: Place) -> Iterator[Problem]:
    """A step that ends by itself has no work in it that could be open then."""
    others = [key for key in ("branches", "goal", "revision") if step[key].value]
    for key in others:
        yield step[key].problem(
            f'the step "{step.name}" ends by itself, after its "wait"; it cannot have "{key}" as well'
        )


def _revision(process: Place, step: Place, steps: Mapping[str, Place]) -> Iterator[Problem]:
    revision, back = step["revision"], step["revision"]["return_to"]
    own = isinstance(revision.value, dict) and revision["say"].value is None  # staff's own rework
    if back.text and back.text not in steps:
        yield back.problem(f'a revision returns to "{back.text}", which is not a step{known_hint(back.text, steps)}')
    elif back.text and back.text in _way(steps, step.name)[1:]:
        yield back.problem(
            f'a revision returns to "{back.text}", which comes after "{step.name}"; name an earlier step'
        )
    elif own and back.text == step.name:
        yield back.problem(f'without "say" a revision returns to an earlier step, and "{step.name}" is the step itself')
    if own:
        for key in ("goal", "not_received"):
            if revision[key].value is not None:
                yield revision[key].problem(f'"{key}" is for new files of the district, which "say" would ask for')
    elif revision["say"].value is not None and process["waiting_status"].value is None:
        why = f'the revision of "{step.name}" asks the district for new files, and the ticket has nowhere to wait'
        yield revision["say"].problem(f'"waiting_status" is missing in the process: {why}')


def _way(steps: Mapping[str, Place], name: str) -> list[str]:
    """The step and those after it, up to an end or to the beginning of a circle."""
    way = [name]
    while (onward := steps[way[-1]]["next"].text) in steps and onward not in way:
        way.append(str(onward))
    return way


def _circles(steps: Mapping[str, Place]) -> Iterator[Problem]:
    reported: set[str] = set()
    for name in steps:
        way = _way(steps, name)
        if steps[way[-1]]["next"].text == name and name not in reported:
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
