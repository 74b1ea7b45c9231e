"""A ledger that was written under an earlier version of the process file, with the names of the present one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.ledger import Ledger, Visit
from bot.core.model.process import Process, Step

_BRANCH_FIRST = (Kind.SAY, Kind.SUBTASK, Kind.CLOSE, Kind.ESCALATION, Kind.MESSAGE)
_NAME = re.compile(r"(?P<name>[^~@]*)(?P<rest>.*)", re.DOTALL)  # a branch's name; its value and its change after it


def rename_former(ledger: Ledger, process: Process) -> None:
    """Give each visit in the ledger, which is changed in place, the present names of its step and of that step's
    branches, as the process file says by `was`."""
    for visit in ledger.visits:
        step = _step_called(process, visit.step)
        if step is None:
            continue
        visit.step = step.name
        former = _former(step)
        if former:
            _rename_branches(visit, partial(_present, former))


def rename_effects(applied: Mapping[str, str], ledger: Ledger, process: Process) -> dict[str, str]:
    """The same for effects that the database knows as done, by their ids. Those of a visit that the ledger does not
    have are of whichever step has had a branch of that name."""
    steps = {visit.id: process.find_step(visit.step) for visit in ledger.visits}
    anywhere = {old: new for step in process.steps for old, new in _former(step).items()}
    found = {}
    for text, ref in applied.items():
        effect = EffectId(text)
        step = steps.get(effect.visit_id)
        former = _former(step) if step is not None else anywhere
        name = _effect_name(effect.name, partial(_present, former))
        found[EffectId.of(effect.issue_id, effect.visit_id, name) if name != effect.name else text] = ref
    return found


def _step_called(process: Process, name: str) -> Step | None:
    """The step with that name or former name."""
    return process.find_step(name) or next((step for step in process.steps if name in step.was), None)


def _former(step: Step) -> dict[str, str]:
    """The former names of a step's branches, with the present one of each."""
    return {old: branch.name for branch in step.branches for old in branch.was}


def _present(former: Mapping[str, str], name: str) -> str:
    found = _NAME.fullmatch(name)
    return former.get(found["name"], found["name"]) + found["rest"] if found else name


def _rename_branches(visit: Visit, present: Callable[[str], str]) -> None:
    visit.done = {_effect_name(EffectName(name), present): ref for name, ref in visit.done.items()}
    visit.withdrawn = [present(name) for name in visit.withdrawn]
    visit.finished = {present(name): record for name, record in visit.finished.items()}
    visit.clocks = {present(name): record for name, record in visit.clocks.items()}


def _effect_name(name: EffectName, present: Callable[[str], str]) -> EffectName:
    kind, args = name.kind, list(name.args)
    if kind in _BRANCH_FIRST and args:
        return EffectName.of(kind, present(args[0]), *args[1:])
    if kind in (Kind.ANNOUNCED, Kind.DRAFTED) and len(args) > 2:
        said = _effect_name(EffectName(":".join(args[2:])), present)
        return EffectName.of(kind, args[0], present(args[1]), said)
    return name
