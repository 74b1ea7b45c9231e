"""What lasts too long is ended by one thread, whatever else is under way."""

from __future__ import annotations

import threading

from bot.jira.deadlines import Deadlines


def test_what_lasts_too_long_is_ended_though_something_longer_began_before() -> None:
    """The thread sleeps until the first deadline; a nearer one that comes later must wake it."""
    deadlines, ended, others = Deadlines(), threading.Event(), []
    with deadlines.end_after(60.0, lambda: others.append("ended")), deadlines.end_after(0.01, ended.set):
        assert ended.wait(10)
    assert others == []


def test_what_is_over_in_time_is_left_alone() -> None:
    """Its deadline passes while another is waited for, and nothing is ended for it."""
    deadlines, ended, over = Deadlines(), threading.Event(), []
    with deadlines.end_after(0.01, lambda: over.append("ended")):
        pass
    with deadlines.end_after(0.02, ended.set):
        assert ended.wait(10)
    assert over == []
