"""Why a ticket's review clock is due when it is: its goal, its pauses and extensions, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.decide.escalations import what_is_due
from bot.core.history.commands import command_of, reason_of
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock, planned, shifted
from bot.core.model.issue import Person
from bot.core.model.ledger import CommandName, CommandRecord, PauseReason
from bot.core.model.pauses import Pause, pauses_of
from bot.core.time.breakdown import Row, Span, event, table_of_clock_time, table_of_open_time
from bot.core.time.business_calendar import Calendar
from bot.core.time.explanation import Explanation, Part, goal_parts, render
from bot.core.time.formatting import exact, length
from bot.core.time.goals import Unit

_WORDS = {
    PauseReason.ON_HOLD: "on hold",
    PauseReason.ON_VENDOR: "on hold for a vendor",
    PauseReason.AWAY: "waiting for the district",
}
_LONGEST_REASON = 200


def clocks_explained(progress: Progress, calendars: Mapping[str, Calendar]) -> list[str]:
    """The explanation of each clock of the present stay as lines, an empty one between two; none where none runs."""
    lines: list[str] = []
    for clock in progress.clocks:
        calendar = calendars.get(clock.calendar, calendars[progress.process.calendar])
        lines += [""] if lines else []
        lines += render(explanation_of_clock(progress, clock, calendar, progress.now))
    return lines


def explanation_of_clock(progress: Progress, clock: Clock, calendar: Calendar, now: datetime) -> Explanation:
    """Why a clock of the present stay is due when it is, as it stands at `now`; `calendar` is the clock's own.

    Where a clock that has stopped is noted with another due moment than the calendar gives today, the note counts,
    and this is said."""
    story = _Story(progress, clock, calendar)
    title = f"{what_is_due(progress, clock)}: {clock.goal} from {exact(clock.started, calendar)}"
    due = None if story.waits else clock.due
    return Explanation(title, calendar, tuple(story.parts()), due, tuple(story.ending(now.astimezone(UTC))))


@dataclass(frozen=True)
class _Story:
    """One clock, with what its ticket tells of it."""

    progress: Progress
    clock: Clock
    calendar: Calendar

    @property
    def by_the_clock(self) -> bool:
        return self.clock.goal.unit is Unit.HOURS

    @property
    def table_end(self) -> datetime:
        """The due moment as the calendar gives it today."""
        end = planned(self.calendar, self.clock.goal, self.clock.started, self.clock.extended)
        return shifted(self.calendar, self.clock.goal, end, self.clock.pauses)

    @property
    def waits(self) -> bool:
        """Whether the clock stands still, with some of its time left."""
        return self.clock.paused is not None and self.clock.paused < self.table_end

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """The time that the goal counts from one moment to another, zero backwards."""
        if end <= begin:
            return timedelta()
        return end - begin if self.by_the_clock else self.calendar.elapsed(begin, end)

    def late(self, begin: datetime, end: datetime) -> str:
        """The same in words."""
        return f"{length(self.between(begin, end))}{'' if self.by_the_clock else ' of open time'}"

    def parts(self) -> Iterator[Part]:
        clock = self.clock
        yield from goal_parts(self.calendar, clock.goal, clock.started)
        pauses = self.counted_pauses()
        spent_one_by_one = clock.goal.unit in (Unit.BUSINESS_HOURS, Unit.HOURS)
        if not (spent_one_by_one or pauses or clock.extended or self.waits):
            yield Part((f"Start: {exact(clock.started, self.calendar)}, {self.said_of_start()}.",))
            return
        table = table_of_clock_time if self.by_the_clock else table_of_open_time
        spans, rows = self.spans(pauses), list(self.events(pauses))
        yield Part(tuple(self.budget(bool(pauses or self.waits))), tuple(table(self.calendar, spans, rows)))

    def budget(self, paused: bool) -> Iterator[str]:
        """The time that there is, goal and extensions, in figures that add up to the end of the running sum."""
        clock, calendar = self.clock, self.calendar
        due = calendar.due(clock.started, clock.goal)
        figures = [f"{length(self.between(clock.started, due))} for {clock.goal}"]
        for goal, order in zip(clock.extended, self.extensions(), strict=False):
            later = calendar.due(due, goal)
            more = self.between(clock.started, later) - self.between(clock.started, due)
            figures.append(f"{length(more)} for {goal} more{self.said_by(order) if order else ''}")
            due = later
        if len(figures) > 1:
            yield f"Time to use: {' and '.join(figures)}; together {length(self.between(clock.started, due))}."
        elif clock.goal.unit not in (Unit.BUSINESS_HOURS, Unit.HOURS):
            yield f"Time to use: {figures[0]}, all the open time until then."
        if paused:
            yield "In a pause nothing is spent; what was left when it began is spent after it."

    def counted_pauses(self) -> list[Pause]:
        """The pauses that are over and moved the due moment."""
        return [p for p in self.clock.pauses if p.end is not None and p.begin < self.table_end]

    def spans(self, pauses: list[Pause]) -> list[Span]:
        """When time was spent, up to the due moment or to the pause that lasts."""
        found, at = [], self.clock.started
        last = self.clock.paused if self.waits and self.clock.paused else self.table_end
        for pause in pauses:
            if at < pause.begin:
                found.append((at, pause.begin))
            at = max(at, pause.end or at)
        return [*found, (at, last)] if at < last else found

    def events(self, pauses: list[Pause]) -> Iterator[Row]:
        clock, calendar = self.clock, self.calendar
        yield event(clock.started, calendar, self.said_of_start())
        for pause in pauses:
            unspent = f"; {self.late(pause.begin, pause.end or pause.begin)} not counted"
            yield event(pause.begin, calendar, self.why(pause) + unspent, pause.end)
        end = self.table_end
        if self.waits and clock.paused is not None:
            end = clock.paused
            lasting = [p for p in pauses_of(self.progress.ledger, self.progress.visit) if p.end is None]
            yield event(end, calendar, f"{self.why(lasting[0]) if lasting else 'paused'}, and still so")
        elif not self.by_the_clock and calendar.close_before(end) < end:
            yield event(end, calendar, "the end, by the clock, as the extension counts")
        for order in self.extensions():
            if order is not None and clock.started < order.at < end:
                yield event(order.at, calendar, f"{order.value} more{self.said_by(order)}")

    def why(self, pause: Pause) -> str:
        if pause.why == PauseReason.OUTSIDE:
            visits = self.progress.ledger.visits
            status = next((v.status for v in visits if v.began == pause.begin and not v.step), "")
            return f"in the status {status}, outside the process" if status else "outside the process"
        orders = [o for v in self.progress.chain for o in v.commands if o.comment == pause.comment]
        return _WORDS[pause.why] + (self.said_by(orders[0]) if orders else "")

    def extensions(self) -> list[CommandRecord | None]:
        """The order of each extension of the clock, oldest first; None where the ledger no longer has it."""
        orders = [o for v in reversed(self.progress.chain) for o in v.commands if o.kind == CommandName.EXTEND]
        return [next((o for o in orders[n : n + 1]), None) for n in range(len(self.clock.extended))]

    def said_of_start(self) -> str:
        """What happened when the clock began."""
        visit, step = self.progress.visit, self.progress.step
        if step is None or not step.review:
            return "the step began"
        words = f"files received, round {visit.round}" if visit.round else "files received"
        orders = [o for v in reversed(self.progress.chain) for o in v.commands if o.kind == CommandName.RECEIVED]
        for order in orders:
            try:
                before = f"before, {exact(datetime.fromisoformat(order.value), self.calendar)} counted"
            except ValueError:
                before = "another moment counted before"
            words += f" (corrected by {self.name(order.by)}; {before})"
        return words

    # -- who said what

    def said_by(self, order: CommandRecord) -> str:
        """Who gave an order and why, in brackets, as its comment says it today: the ledger keeps no text."""
        comment = next((c for c in self.progress.issue.comments if c.id == order.comment), None)
        if comment is None:
            return f" ({self.name(order.by)}; the comment is gone)"
        command = command_of(comment.body)
        reason = " ".join(reason_of(command).split()) if command else ""
        if len(reason) > _LONGEST_REASON:
            reason = f"{reason[:_LONGEST_REASON].rstrip()} …"
        name = comment.author.name if comment.author else self.name(order.by)
        return f" ({name}: {reason})" if reason else f" ({name})"

    def name(self, account: str) -> str:
        """The name of an account, by anything that it did on the ticket."""
        return name_of(self.progress, account)

    # -- how it stands

    def ending(self, now: datetime) -> Iterator[str]:
        clock, calendar = self.clock, self.calendar
        if clock.stopped is not None and self.table_end != clock.due:
            yield (
                f"The calendar as it is today gives {exact(self.table_end, calendar)}; the moment above was noted "
                "when the clock stopped, and counts."
            )
        if clock.stopped is not None:
            met = clock.stopped <= clock.due
            words = f"Stopped: {exact(clock.stopped, calendar)}{self.stopped_by()}. "
            if met:
                yield f"{words}Met, with {self.late(clock.stopped, clock.due)} left."
            else:
                yield f"{words}Breached by {self.late(clock.due, clock.stopped)}."
        elif self.waits and clock.paused is not None:
            since = exact(clock.paused, calendar)
            yield f"No due moment while it stands still, since {since}; {self.late(clock.paused, clock.due)} left."
            yield f"Without this pause it would be due {exact(clock.due, calendar)}."
        elif now < clock.due:
            yield f"Running: {self.late(now, clock.due)} left at {exact(now, calendar)}."
        else:
            yield f"Overdue by {self.late(clock.due, now)} at {exact(now, calendar)}."

    def stopped_by(self) -> str:
        visit = self.progress.visit
        state = next((b for b in self.progress.branches if b.branch.name == self.clock.branch), None)
        if self.clock.branch:
            by = state.by if state else ""
        else:
            by = visit.decided.by if visit.decided else visit.ended_by
        return f" by {self.name(by)}" if by else ""


def name_of(progress: Progress, account: str) -> str:
    """The name of an account as the ticket's history has it, else its id."""
    if account in progress.people.bots:
        return "the bot"
    return next((p.name for p in _people(progress) if p.id == account), account or "somebody")


def _people(progress: Progress) -> Iterator[Person]:
    issue = progress.issue
    every = [issue.reporter, *(c.author for c in issue.comments), *(c.author for c in issue.changes)]
    for subtask in issue.subtasks:
        every += [c.author for c in subtask.changes] + [c.author for c in subtask.comments]
    return (person for person in every if person is not None)
