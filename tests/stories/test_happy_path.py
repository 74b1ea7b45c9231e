"""The happy path, and the paths on which people make the bot's moves themselves."""

from __future__ import annotations

from tests.stories.conftest import Tell


def test_from_the_first_question_to_a_good_verdict(tell: Tell) -> None:
    """Nobody does anything twice: each action is followed by one comment, and the ticket reaches Quality Review."""
    story = tell().opened()
    assert story.status == "Confirming Files"

    story.contact("Confirmed, thanks", at="2026-01-06 10:00")
    assert story.status == "SecureStor Folder"
    assert story.work == ["folder: To Do", "files: To Do"]
    assert story.due == "2026-01-08"  # the folder's 20 business hours end on Thursday at noon

    story.set_to("folder", "Done", at="2026-01-07 10:00")
    assert story.due is None  # from here it is the district's time

    story.contact("Files are ready!", at="2026-01-08 15:30")
    assert story.status == "Initial File Review"
    assert story.work == ["folder: Done", "files: Done", "review 1: To Do"]
    assert story.due == "2026-01-13"
    assert "by the end of Tuesday, January 13 (Central Time)" in story.last

    story.set_to("review", "Done", at="2026-01-12 09:00")
    assert story.status == "Quality Review"
    assert story.due is None
    assert story.labels == set()
    assert story.talk == [
        "bot to district: can you produce the files?",
        "Carla: Confirmed, thanks",
        "bot to district: we make the folder, please prepare the files",
        "bot to district: the folder is ready, please upload",
        "Carla: Files are ready!",
        "bot to district: we have the files",
    ]
    assert story.moves() == ["Onboarding: SecureStor Folder", "Onboarding: Initial File Review",
                             "Onboarding: Quality Review"]  # fmt: skip
    rounds = [(v["round"], v["verdict"]) for v in story.ledger["visits"] if v.get("round") and v.get("verdict")]
    assert rounds == [(1, "good")]


def test_staff_may_do_every_move_themselves(tell: Tell) -> None:
    """If staff move the ticket on, the next step begins as if the bot had moved it."""
    story = tell().opened()
    story.move("SecureStor Folder", at="2026-01-06 10:00")
    assert story.due == "2026-01-08"
    story.move("Initial File Review", at="2026-01-08 15:30")
    assert story.due == "2026-01-13"  # their move counts as the receipt of the files
    story.move("Quality Review", at="2026-01-12 09:00")
    assert story.to_district == [
        "can you produce the files?",
        "we make the folder, please prepare the files",
        "we have the files",
    ]
    assert not [m for m in story.moves() if m.startswith("Onboarding")]


def test_files_ready_before_the_folder_is_done(tell: Tell) -> None:
    """Two parallel branches: the early reply is noted, and finishing the folder moves the ticket on."""
    story = tell().opened().to_folder()
    story.contact("files ready", at="2026-01-06 14:00")
    assert story.status == "SecureStor Folder"
    assert story.work == ["folder: To Do", "files: Done"]
    assert story.to_district[-1] == "noted, the folder is not ready yet"
    assert story.due == "2026-01-08"  # the folder is still owed

    story.set_to("folder", "Done", at="2026-01-07 11:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have the files"
    assert story.due == "2026-01-08"  # counted from the receipt, on Tuesday at 14:00


def test_staff_close_the_districts_subtask(tell: Tell) -> None:
    """A district can also phone: staff who set its subtask to Done confirm that the files are there."""
    story = tell().opened().to_folder()
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    story.set_to("files", "Done", at="2026-01-08 15:30")
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"


def test_what_follows_from_one_act_is_one_comment(tell: Tell) -> None:
    """A reply that ends a step is answered by the next step's comment, and by nothing else."""
    story = tell().opened()
    before = len(story.ticket.comments)
    story.contact("I confirm\n\nBest, Carla", at="2026-01-06 10:00")
    assert len(story.ticket.comments) == before + 2


def test_a_step_costs_four_calls_to_leave_and_four_to_enter(tell: Tell) -> None:
    """Leaving: the ticket, its subtasks, the ledger, the move. Entering: the ticket, the subtasks, the comment,
    and labels, fields and ledger in one."""
    story = tell(webhooks=True).opened().to_folder()
    story.contact("FILES READY", at="2026-01-06 14:00")
    story.at("2026-01-07 11:00")
    site = story.harness.site
    mark = len(site.calls)
    story.set_to("folder", "Done")
    calls = [f"{call.method} {call.path.removeprefix('/rest/api/2/')}" for call in site.calls_since(mark)]
    assert calls[:8] == [
        "GET issue/{issueIdOrKey}",
        "POST issue/bulkfetch",
        "PUT issue/{issueIdOrKey}",
        "POST issue/{issueIdOrKey}/transitions",
        "GET issue/{issueIdOrKey}",
        "POST issue/bulk",
        "POST issue/{issueIdOrKey}/comment",
        "PUT issue/{issueIdOrKey}",
    ]
    # The webhooks of these calls may cause one or two more reconciles, which write nothing.
    assert calls[8:] in [["GET issue/{issueIdOrKey}", "POST issue/bulkfetch"] * echoes for echoes in range(3)]
