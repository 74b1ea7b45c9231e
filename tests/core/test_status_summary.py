"""What staff read of where a ticket stands, and of the rounds before."""

from __future__ import annotations

from bot.core.decide.status_summary import earlier_rounds, status_summary
from tests.core.test_facts_in_steps import SIGNED, in_pipeline, in_validation, opened
from tests.core.world import CLI, FRED, HANNA, HOLD, REVIEW, in_review, waiting


def test_it_tells_step_round_turn_and_clocks() -> None:
    """In lines that are aligned."""
    progress = in_review().wait(hours=1).follow()
    lines = status_summary(progress, CLI)
    assert lines[0] == "Step         Review, since Mon 2026-01-05 09:00 CST"
    assert "Round        1, files received Mon 2026-01-05 09:00 CST" in lines
    assert "Whose turn   CLI Help Center and CLI Functional Team" in lines
    due = "20 business hours from Mon 2026-01-05 09:00 CST, due Wed 2026-01-07 11:00 CST; running"
    assert lines[-1] == f"Clock        Review, round 1: {due}"


def test_a_clock_on_hold_is_shown_as_one() -> None:
    """With its extensions; the moment it would keep is no due moment."""
    world = in_review().wait(hours=1)
    for words in ("/extend 1 business day new staff", "/hold a form"):
        world.say(words, HANNA, public=False)
        world.rest()
    last = status_summary(world.wait(days=1).follow(), CLI)[-1]
    assert "20 business hours and 1 business day more from Mon 2026-01-05 09:00 CST; on hold since" in last
    assert "on hold since Mon 2026-01-05 10:00 CST, without that due Thu 2026-01-08 11:00 CST" in last


def test_out_of_the_process_it_names_the_status_and_what_the_clocks_do() -> None:
    """Whoever asks reads that they stand still, or that the onboarding is over."""
    lines = status_summary(in_review().wait(hours=1).move(HOLD).rest().follow(), CLI)
    assert lines[0] == "Step         none (On Hold is outside the process), since Mon 2026-01-05 10:00 CST"
    assert lines[-1] == "Clock        all stand still until the ticket is in a step again"
    lines = status_summary(in_review().wait(hours=1).move("Withdrawn").rest().follow(), CLI)
    assert lines[0] == "Step         none (the onboarding has ended in Withdrawn), since Mon 2026-01-05 10:00 CST"
    assert lines[-1] == "Clock        none runs"


def test_each_earlier_visit_has_its_line() -> None:
    """Goal, due, stopped, met or breached, verdict and by whom, as the ledger noted them."""
    world = waiting().wait(days=2)
    world.say("files ready")
    progress = world.rest().move(REVIEW).rest().follow()
    lines = [line for line in earlier_rounds(progress, CLI) if line.startswith("round 1, ")]
    due = "due Wed 2026-01-07 11:00 CST; stopped Mon 2026-01-05 10:00 CST, met; revision by Hanna"
    assert lines == [f"round 1, Review: 20 business hours from Mon 2026-01-05 09:00 CST, {due}"]
    assert earlier_rounds(in_review().follow(), CLI)[-1].startswith("Folder (folder): 20 business hours from ")


def test_a_round_that_was_late_is_shown_as_breached() -> None:
    """Breached, with the verdict."""
    world = in_review().wait(days=10)
    world.set("Complete?", "Done").set("Accurate?", "Done", FRED).rest()
    assert any("breached; good by" in line for line in earlier_rounds(world.follow(), CLI))


# -- facts


def test_it_names_the_fact_that_is_missing() -> None:
    """So that whoever asks knows why the ticket does not go on."""
    world = in_pipeline().set("Analyze", "Done").rest()
    assert any("Pipeline" in line for line in status_summary(world.follow(), CLI)[1:])


def test_a_branch_for_a_value_is_named_by_its_value() -> None:
    """Staff know the vendor, not the id of its option."""
    lines = status_summary(in_validation().set("Validate", "Done").rest().follow(), CLI)
    assert [line for line in lines if line.startswith("  ") and "exchange~" in line] == []
    assert any(line.startswith("  ") and "DESSA" in line for line in lines)


def test_the_hold_of_one_value_is_shown_as_one() -> None:
    """With whose time it is."""
    world = in_validation().set("Validate", "Done").rest().wait(hours=1)
    world.say("/hold STAR vendor waits for a key", HANNA, public=False)
    lines = status_summary(world.rest().follow(), CLI)
    assert sum("on hold for a vendor since" in line for line in lines) == 1


def test_a_step_that_waits_again_for_what_it_starts_with_says_so() -> None:
    world = opened().choose(SIGNED, "Yes").rest().wait(hours=1).choose(SIGNED, "No").rest()
    assert any("not ready to begin since" in line for line in status_summary(world.follow(), CLI))
