"""The comment templates that the code uses in every process; `check` renders each of them."""

from __future__ import annotations

from enum import StrEnum


class OwnTemplate(StrEnum):
    """A comment that the bot writes in every process. It is internal unless it is in PUBLIC."""

    STATUS = "status"
    OVERDUE = "overdue"
    UNRECOGNIZED = "unheard"
    ASK_FINDINGS = "ask_findings"
    FIRST_REVISION = "first_needs_revision"
    LATE_FINDINGS = "late_findings"
    STEP_READY = "step_ready"
    NOTHING_OPEN = "nothing_open"
    STEP_ENTERED = "step_entered"
    NOT_READY = "not_ready"
    FACTS_MISSING = "facts_missing"
    VALUE_UNKNOWN = "value_unknown"
    RELEASED = "process_released"
    PARKED = "parked"
    MOVE_UNDONE = "move_undone"
    BROKEN_LEDGER = "broken_ledger"
    FILES_READY_EARLY = "files_ready_early"
    OUTSIDE = "foreign_status"
    PAUSE_ENDED = "hold_over"
    CALL_DISTRICT = "call_district"
    PHONE_DISTRICT = "phone_district"
    DATE_MOVED = "day_moved"
    DATE_PASSED = "day_passed"
    COMMAND_DONE = "order_obeyed"
    COMMAND_REFUSED = "order_refused"
    COMMAND_IN_PUBLIC = "order_in_public"
    COMMAND_BY_CONTACT = "order_by_contact"
    STATUS_SUMMARY = "standing"
    EXPLANATION = "explanation"
    HELP = "help"
    CLOSED_DAY = "closed_day"


PUBLIC = frozenset({OwnTemplate.STATUS, OwnTemplate.DATE_MOVED, OwnTemplate.DATE_PASSED})
