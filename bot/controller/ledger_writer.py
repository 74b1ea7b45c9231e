"""Sets labels and fields and keeps the ledger, in one call where Jira lets it be one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.controller.intents import Calls
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.effects import TicketUpdate
from bot.core.model.issue import Issue
from bot.core.model.ledger_json import to_json
from bot.jira.call import Refused
from bot.jira.gateway import Gateway
from bot.store.agenda import Claim


@dataclass
class LedgerWritten:
    """What came of an update: whether the ledger was kept, what was done in words, whether to reconcile again."""

    kept: bool = True
    done: list[str] = field(default_factory=list)
    again: bool = False


@dataclass(frozen=True)
class _Part:
    """A part of the one call that sets labels, fields and ledger; each may be given up alone."""

    effect: EffectId
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    ledger: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return bool(self.add_labels or self.remove_labels or self.fields or self.ledger is not None)

    @property
    def said(self) -> list[str]:
        """What it did, in words; fields and ledger follow from the rest and go without."""
        added = [f"set the label {label}" for label in self.add_labels]
        return added + [f"took off the label {label}" for label in self.remove_labels]


class LedgerWriter:
    """Writes what a plan wants recorded."""

    def __init__(self, gateway: Gateway, calls: Calls) -> None:
        self._gateway, self._calls = gateway, calls

    def record(
        self, claim: Claim, issue: Issue, visit_id: str, update: TicketUpdate, given_up: Collection[str]
    ) -> LedgerWritten:
        """Set labels and fields and keep the ledger, for the plan of that visit; what of it Jira refuses is parked."""
        ledger = to_json(update.ledger) if update.ledger is not None else issue.ledger

        def effect(kind: Kind) -> EffectId:
            return EffectId.of(issue.id, visit_id, EffectName.of(kind))

        parts = [
            _Part(effect(Kind.FIELD), fields=update.fields),
            _Part(effect(Kind.LABELS), add_labels=update.add_labels, remove_labels=update.remove_labels),
            _Part(effect(Kind.LEDGER), ledger=ledger if ledger != issue.ledger else None),
        ]
        wanted = [part for part in parts if part and part.effect not in given_up]
        if not wanted or self._put(claim, issue, wanted) is None:
            return LedgerWritten(done=[word for part in wanted for word in part.said])
        recorded = LedgerWritten()
        for part in wanted:  # Jira does not reliably say which part it minds: each is asked for alone
            if refusal := self._put(claim, issue, [part]):
                self._calls.park(issue, [part.effect], refusal)
                recorded.again = True
                recorded.kept = recorded.kept and part.ledger is None
            else:
                recorded.done += part.said
        return recorded

    def _put(self, claim: Claim, issue: Issue, parts: Sequence[_Part]) -> str | None:
        """Send the parts in one call; why Jira refuses it, None where it does not."""
        added = tuple(label for p in parts for label in p.add_labels)
        removed = tuple(label for p in parts for label in p.remove_labels)
        fields = {name: value for p in parts for name, value in p.fields.items()}
        ledger = next((p.ledger for p in parts if p.ledger is not None), None)

        def send() -> dict[str, str]:
            self._gateway.put(issue.id, added, removed, fields, ledger)
            return {}

        try:
            self._calls.once(claim, issue, "record", tuple(p.effect for p in parts), send)
        except Refused as refused:
            return str(refused)
        return None
