"""Explains why a review clock is due when it is: its goal, pauses, and extensions, and its state now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.decide.template_facts import clock_title
from bot.core.history.command_text import parse_command
from bot.core.history.commands import command_reason
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock, after_pauses, unpaused_due
from bot.core.model.issue import Person
from bot.core.model.ledger import CommandName, CommandRecord, PauseReason
from bot.core.model.pauses import Pause
from bot.core.time.breakdown import Row, Span, event, table_of_clock_time, table_of_open_time
from bot.core.time.business_calendar import Calendar
from bot.core.time.explanation import Explanation, Part, goal_parts, render
from bot.core.time.formatting import exact, length
from bot.core.time.goals import Unit

_WORDS = {
    PauseReason.ON_HOLD: "on hold",
    PauseReason.ON_VENDOR: "on hold for a vendor",
    PauseReason.AWAY: "waiting for the district",
    PauseReason.NOT_READY: "not ready to begin",
}
_LONGEST_REASON = 200


def clocks_explained(progress: Progress, calendars: Mapping[str, Calendar]) -> list[str]:
    """The explanations of the current visit's clocks as lines, with an empty line between two; empty if it has no
    clock."""
    lines: list[str] = []
    for clock in progress.clocks:
        calendar = calendars.get(clock.calendar, calendars[progress.process.calendar])
        lines += [""] if lines else []
        lines += render(explanation_of_clock(progress, clock, calendar, progress.now))
    return lines


def explanation_of_clock(progress: Progress, clock: Clock, calendar: Calendar, now: datetime) -> Explanation:
    """Why a clock of the current visit is due when it is, and its state at `now`; `calendar` is the clock's own.

    If a clock was stopped with another due moment than the calendar gives today, the due moment in the ledger counts,
    and the explanation says so."""
    explainer = _ClockExplainer(progress, clock, calendar)
    title = f"{clock_title(progress, clock)}: {clock.goal} from {exact(clock.started, calendar)}"
    due = None if explainer.is_paused else clock.due
    return Explanation(
        title, calendar, tuple(explainer.parts()), due, tuple(explainer.state_lines(now.astimezone(UTC)))
    )


@dataclass(frozen=True)
class _ClockExplainer:
    """Writes the explanation of one clock."""

    progress: Progress
    clock: Clock
    calendar: Calendar

    @property
    def counts_all_hours(self) -> bool:
        return self.clock.goal.unit is Unit.HOURS

    @property
    def calendar_due(self) -> datetime:
        """The due moment as the calendar gives it today."""
        end = unpaused_due(self.calendar, self.clock.goal, self.clock.started, self.clock.extended)
        return after_pauses(self.calendar, self.clock.goal, end, self.clock.pauses)

    @property
    def is_paused(self) -> bool:
        """Whether the clock is paused with some of its time left."""
        return self.clock.paused is not None and self.clock.paused < self.calendar_due

    def counted_time(self, begin: datetime, end: datetime) -> timedelta:
        """The time between two moments as the goal counts it, zero if they are in reverse order."""
        if end <= begin:
            return timedelta()
        return end - begin if self.counts_all_hours else self.calendar.elapsed(begin, end)

    def time_text(self, begin: datetime, end: datetime) -> str:
        """The counted time between two moments, in words."""
        return f"{length(self.counted_time(begin, end))}{'' if self.counts_all_hours else ' of open time'}"

    def parts(self) -> Iterator[Part]:
        clock = self.clock
        yield from goal_parts(self.calendar, clock.goal, clock.started)
        pauses = self.counted_pauses()
        hour_by_hour = clock.goal.unit in (Unit.BUSINESS_HOURS, Unit.HOURS)
        if not (hour_by_hour or pauses or clock.extended or self.is_paused):
            yield Part((f"Start: {exact(clock.started, self.calendar)}, {self.start_text()}.",))
            return
        table = table_of_clock_time if self.counts_all_hours else table_of_open_time
        spans, rows = self.spans(pauses), list(self.events(pauses))
        yield Part(tuple(self.budget(bool(pauses or self.is_paused))), tuple(table(self.calendar, spans, rows)))

    def budget(self, paused: bool) -> Iterator[str]:
        """The time there is, goal and extensions, in figures that add up to the end of the running total."""
        clock, calendar = self.clock, self.calendar
        due = calendar.due(clock.started, clock.goal)
        figures = [f"{length(self.counted_time(clock.started, due))} for {clock.goal}"]
        for goal, command in zip(clock.extended, self.extensions(), strict=False):
            later = calendar.due(due, goal)
            more = self.counted_time(clock.started, later) - self.counted_time(clock.started, due)
            figures.append(f"{length(more)} for {goal} more{self.given_by(command) if command else ''}")
            due = later
        if len(figures) > 1:
            yield f"Time to use: {' and '.join(figures)}; together {length(self.counted_time(clock.started, due))}."
        elif clock.goal.unit not in (Unit.BUSINESS_HOURS, Unit.HOURS):
            yield f"Time to use: {figures[0]}, all the open time until then."
        if paused:
            yield "In a pause nothing is spent; what was left when it began is spent after it."

    def counted_pauses(self) -> list[Pause]:
        """The pauses that are over and have moved the due moment."""
        return [p for p in self.clock.pauses if p.end is not None and p.begin < self.calendar_due]

    def spans(self, pauses: list[Pause]) -> list[Span]:
        """The stretches in which time was spent, up to the due moment or to the pause that is still on."""
        found, at = [], self.clock.started
        last = self.clock.paused if self.is_paused and self.clock.paused else self.calendar_due
        for pause in pauses:
            if at < pause.begin:
                found.append((at, pause.begin))
            at = max(at, pause.end or at)
        return [*found, (at, last)] if at < last else found

    def events(self, pauses: list[Pause]) -> Iterator[Row]:
        clock, calendar = self.clock, self.calendar
        yield event(clock.started, calendar, self.start_text())
        for pause in pauses:
            unspent = f"; {self.time_text(pause.begin, pause.end or pause.begin)} not counted"
            yield event(pause.begin, calendar, self.pause_text(pause) + unspent, pause.end)
        end = self.calendar_due
        if self.is_paused and clock.paused is not None:
            end = clock.paused
            lasting = self.progress.open_pause(clock)
            yield event(end, calendar, f"{self.pause_text(lasting) if lasting else 'paused'}, and still so")
        elif not self.counts_all_hours and calendar.close_before(end) < end:
            yield event(end, calendar, "the end, by the clock, as the extension counts")
        for command in self.extensions():
            if command is not None and clock.started < command.at < end:
                yield event(command.at, calendar, f"{command.value} more{self.given_by(command)}")

    def pause_text(self, pause: Pause) -> str:
        if pause.why == PauseReason.OUTSIDE:
            visits = self.progress.ledger.visits
            status = next((v.status for v in visits if v.began == pause.begin and not v.step), "")
            return f"in the status {status}, outside the process" if status else "outside the process"
        commands = [command for v in self.progress.chain for command in v.commands if command.comment == pause.comment]
        return _WORDS[pause.why] + (self.given_by(commands[0]) if commands else "")

    def extensions(self) -> list[CommandRecord | None]:
        """The command behind each extension of the clock, oldest first; None where the ledger no longer has it."""
        commands = self.commands(CommandName.EXTEND)
        return [next(iter(commands[n : n + 1]), None) for n in range(len(self.clock.extended))]

    def commands(self, kind: CommandName) -> list[CommandRecord]:
        """The commands of this kind in the current visit and those that it continues, oldest first."""
        return [
            command
            for v in reversed(self.progress.chain)
            for command in v.commands
            if command.kind == kind and command.branch in ("", self.clock.branch)
        ]

    def start_text(self) -> str:
        """What happened when the clock started."""
        visit, step = self.progress.visit, self.progress.step
        if step is None or not step.review:
            return "the step began"
        words = f"files received, round {visit.round}" if visit.round else "files received"
        for command in self.commands(CommandName.RECEIVED):
            try:
                before = f"before, {exact(datetime.fromisoformat(command.value), self.calendar)} counted"
            except ValueError:
                before = "another moment counted before"
            words += f" (corrected by {self.name(command.by)}; {before})"
        return words

    # -- who gave a command, and why

    def given_by(self, command: CommandRecord) -> str:
        """Who gave a command and why, in parentheses. The reason is read from its comment as it is now, because the
        ledger keeps no text."""
        comment = next((c for c in self.progress.issue.comments if c.id == command.comment), None)
        if comment is None:
            return f" ({self.name(command.by)}; the comment is gone)"
        written = parse_command(comment.body)
        reason = " ".join(command_reason(written).split()) if written else ""
        if len(reason) > _LONGEST_REASON:
            reason = f"{reason[:_LONGEST_REASON].rstrip()} …"
        name = comment.author.name if comment.author else self.name(command.by)
        return f" ({name}: {reason})" if reason else f" ({name})"

    def name(self, account: str) -> str:
        """The name of an account, from anything that it did on the ticket."""
        return name_of(self.progress, account)

    # -- the state of the clock

    def state_lines(self, now: datetime) -> Iterator[str]:
        clock, calendar = self.clock, self.calendar
        if clock.stopped is not None and self.calendar_due != clock.due:
            yield (
                f"The calendar as it is today gives {exact(self.calendar_due, calendar)}; the moment above was noted "
                "when the clock stopped, and counts."
            )
        if clock.stopped is not None:
            met = clock.stopped <= clock.due
            words = f"Stopped: {exact(clock.stopped, calendar)}{self.stopped_by()}. "
            if met:
                yield f"{words}Met, with {self.time_text(clock.stopped, clock.due)} left."
            else:
                yield f"{words}Breached by {self.time_text(clock.due, clock.stopped)}."
        elif self.is_paused and clock.paused is not None:
            since = exact(clock.paused, calendar)
            yield f"No due moment while it stands still, since {since}; {self.time_text(clock.paused, clock.due)} left."
            yield f"Without this pause it would be due {exact(clock.due, calendar)}."
        elif now < clock.due:
            yield f"Running: {self.time_text(now, clock.due)} left at {exact(now, calendar)}."
        else:
            yield f"Overdue by {self.time_text(clock.due, now)} at {exact(now, calendar)}."

    def stopped_by(self) -> str:
        visit = self.progress.visit
        state = next((b for b in self.progress.branches if b.branch.name == self.clock.branch), None)
        if self.clock.branch:
            by = state.by if state else ""
        else:
            by = visit.decided.by if visit.decided else visit.ended_by
        return f" by {self.name(by)}" if by else ""


def name_of(progress: Progress, account: str) -> str:
    """The name of an account as the ticket's history has it; its id if the history does not name it."""
    if account in progress.people.bots:
        return "the bot"
    return next((p.name for p in _people(progress) if p.id == account), account or "somebody")


def _people(progress: Progress) -> Iterator[Person]:
    issue = progress.issue
    every = [issue.reporter, *(c.author for c in issue.comments), *(c.author for c in issue.changes)]
    for subtask in issue.subtasks:
        every += [c.author for c in subtask.changes] + [c.author for c in subtask.comments]
    return (person for person in every if person is not None)
