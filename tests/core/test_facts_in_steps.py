"""What follows from the facts of a ticket: branches, goals, waiting steps, and what people are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.model.effects import CreateSubtasks, PostComment
from bot.core.model.facts import Condition, Fact, FactKind, GoalByFact
from bot.core.model.issue import Person
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import Branch, Closing, Process, Reminders, Revision, Step, Team
from bot.core.time.goals import parse_goal
from tests.core.world import BOT, CARLA, HANNA, MONDAY, OFFICE, World, effects_of, ids_of

SIGNED, KIND, PIPELINE, VENDORS, SIS = (f"customfield_{n}" for n in range(1, 6))
FACTS = (
    Fact("agreements", "Agreements signed", SIGNED, FactKind.YES_NO),
    Fact("onboarding", "Kind of onboarding", KIND, FactKind.ONE_OF, ("new district", "conversion"), public=True),
    Fact("pipeline", "Pipeline", PIPELINE, FactKind.ONE_OF, ("existing", "new")),
    Fact("vendors", "Test vendors", VENDORS, FactKind.SOME_OF, ("STAR", "DESSA"), True, "No vendor", True),
    Fact("sis", "Student information system", SIS, FactKind.TEXT),
)
WEEKS, MONTHS = parse_goal("5-10 business days"), parse_goal("1-3 months")


def step(name: str, then: str, *branches: Branch, **more: Any) -> Step:
    title = name.replace("_", " ").title()
    return Step(name, title, title, more.pop("parties", ("developers",)), then, branches=branches, **more)


ODS = Process(
    name="ods", title="ODS", project="ODS", issue_types=("ODS Onboarding",), since=datetime(2026, 1, 1, tzinfo=UTC),
    calendar="cli", waiting_status="", ends={"done": "Done", "withdrawn": "Withdrawn"},
    closings={"done": Closing("done")}, version="1", facts={fact.name: fact for fact in FACTS},
    steps=(
        step("outreach", "data_pipeline", Branch("save", "service", subtask="Save"), parties=("service", "district"),
             goal=parse_goal("1-5 business days"), say="outreach", starts_when=Condition({"agreements": ("yes",)}),
             requires=("onboarding", "sis", "vendors")),
        step("data_pipeline", "validation",
             Branch("analyze", "developers", subtask="Analyze"),
             Branch("join", "developers", subtask="Join", needs=("analyze",),
                    condition=Condition({"pipeline": ("existing",)})),
             Branch("build", "developers", subtask="Build", needs=("analyze",),
                    condition=Condition({"pipeline": ("new",)})),
             goal_by=GoalByFact("pipeline", {"existing": WEEKS, "new": MONTHS}), say="data_pipeline"),
        step("validation", "vendors", Branch("validate", "service", subtask="Validate"), parties=("service",),
             tell="service", revision=Revision("data_pipeline", None)),
        step("vendors", "done",
             Branch("exchange", "developers", subtask="Exchange", for_each="vendors", goal=parse_goal("2-4 weeks"),
                    say_when_done="vendor_ready"),
             condition=Condition({"vendors": ("any",)}), say="vendors"),
    ),
)  # fmt: skip
TEAMS = {"service": Team("service", "Customer Service", (HANNA.id,)), "developers": Team("developers", "Developers")}
OFFICE_ODS = replace(OFFICE, teams=TEAMS)


def opened(**more: Any) -> World:
    """A ticket in its first step, with no fact set."""
    return World(process=more.pop("process", ODS), office=more.pop("office", OFFICE_ODS), status="Outreach", **more)


def in_pipeline(vendors: tuple[str, ...] = ("STAR", "DESSA"), **more: Any) -> World:
    """A ticket whose outreach was done on Monday at 9:00, with every fact but the pipeline."""
    world = opened(**more).choose(SIGNED, "Yes").choose(KIND, "new district").choose(VENDORS, *vendors)
    world.put(SIS, "Synergy")
    return world.rest().set("Save", "Done").rest()


def with_validation(*branches: Branch, **more: Any) -> Process:
    """The process with more branches in its validation, and a revision that differs."""
    validation = ODS.steps[2]
    revision = Revision("data_pipeline", None, **more)
    changed = replace(validation, branches=(*validation.branches, *branches), revision=revision)
    return replace(ODS, steps=(*ODS.steps[:2], changed, ODS.steps[3]))


def in_validation(vendors: tuple[str, ...] = ("STAR", "DESSA"), **more: Any) -> World:
    """A ticket that joined an existing pipeline on Monday at 9:00."""
    world = in_pipeline(vendors, **more).choose(PIPELINE, "existing").rest().set("Analyze", "Done").rest()
    return world.set("Join", "Done").rest()


def open_subtasks(world: World) -> list[str]:
    return [s.summary for s in world.subtasks if s.status == "To Do"]


def items(world: World, template: OwnTemplate) -> list[tuple[str, ...]]:
    """The points of each internal comment of that kind."""
    return [e.facts["items"] for e in world.done if isinstance(e, PostComment) and e.template == template]


# -- starts_when


def test_a_step_does_not_begin_before_its_condition_holds() -> None:
    """No clock, no subtask, no word to the district; the team is told once what is missing."""
    world = opened().rest().wait(days=1).rest()
    assert (world.subtasks, world.bot_comments(public=True), world.follow().clocks) == ([], [], ())
    assert items(world, OwnTemplate.NOT_READY) == [("Agreements signed is yes",)]


def test_it_begins_with_the_change_that_makes_it_so() -> None:
    world = opened().rest().wait(hours=3).choose(SIGNED, "Yes").rest()
    assert open_subtasks(world) == ["Save"]
    assert world.bot_comments(public=True) == ["outreach"]
    assert world.follow().running[0].started == MONDAY + timedelta(hours=3)


def test_once_begun_it_is_begun_and_pauses_when_the_condition_fails() -> None:
    """Its subtasks stay, its words stop, and the team is told once; when it is so again, the clock goes on."""
    world = opened().choose(SIGNED, "Yes").rest().wait(hours=1).choose(SIGNED, "No").rest().wait(hours=2).rest()
    assert open_subtasks(world) == ["Save"]
    assert world.follow().running[0].paused == MONDAY + timedelta(hours=1)
    assert len(items(world, OwnTemplate.NOT_READY)) == 1
    due = opened().choose(SIGNED, "Yes").rest().follow().running[0].due
    world.choose(SIGNED, "Yes").rest()
    (clock,) = world.follow().running
    assert clock.paused is None
    assert clock.due == due + timedelta(hours=2)


def test_no_reminder_while_the_condition_does_not_hold() -> None:
    """The bot says nothing meanwhile; the days count from when it is so again."""
    reminders = Reminders((parse_goal("3 business days"),), "reminder")
    asked = replace(ODS.steps[0], branches=(Branch("template", "district", subtask="Fill", done_by=("ready",)),))
    world = opened(process=replace(ODS, reminders=reminders, steps=(asked, *ODS.steps[1:])))
    world.choose(SIGNED, "Yes").rest().wait(days=1).choose(SIGNED, "No").rest().wait(days=7).rest()
    assert world.bot_comments(public=True) == ["outreach"]
    world.choose(SIGNED, "Yes").rest().wait(days=2).rest()
    assert world.bot_comments(public=True) == ["outreach"]
    assert world.wait(days=1).rest().bot_comments(public=True) == ["outreach", "reminder"]


# -- requires


def test_a_step_does_not_end_while_a_fact_that_it_requires_is_not_set() -> None:
    """Staff are told which, once for each change."""
    world = opened().choose(SIGNED, "Yes").rest().set("Save", "Done").rest().wait(hours=1).rest()
    assert world.status == "Outreach"
    assert items(world, OwnTemplate.FACTS_MISSING) == [
        ("Kind of onboarding", "Student information system", "Test vendors")
    ]
    world.choose(KIND, "conversion").choose(VENDORS, "STAR").rest()
    assert items(world, OwnTemplate.FACTS_MISSING)[-1] == ("Student information system",)
    world.put(SIS, "Synergy")
    assert world.rest().status == "Data Pipeline"


def test_a_district_that_has_answered_is_not_reminded_of_facts() -> None:
    """Staff set them: from the answer on, it is no longer the district's turn."""
    answer = Branch("answer", "district", done_by=("confirm",))
    reminders = Reminders((parse_goal("1 business day"),), "nudge")
    first = step("outreach", "done", answer, parties=("district",), say="outreach", requires=("sis",))
    world = opened(process=replace(ODS, steps=(first,), reminders=reminders)).rest().wait(hours=1)
    world.say("CONFIRM")
    world.rest().wait(days=3).rest()
    assert world.follow().turn == ()
    assert world.bot_comments(public=True) == ["outreach"]
    assert items(world, OwnTemplate.FACTS_MISSING) == [("Student information system",)]


def test_a_district_that_asks_before_a_step_begins_is_asked_for_nothing() -> None:
    """Where it stands is said, but no word to reply with."""
    answer = Branch("answer", "district", done_by=("confirm",))
    begins = Condition({"agreements": ("yes",)})
    first = step("outreach", "done", answer, parties=("service", "district"), say="outreach", starts_when=begins)
    world = opened(process=replace(ODS, steps=(first,))).rest().wait(hours=1)
    world.say("STATUS")
    world.rest()
    (status,) = [e for e in world.done if isinstance(e, PostComment) and e.template == OwnTemplate.STATUS]
    assert status.facts["keyword"] == ""
    assert status.facts["turn"] == "team"


def test_a_value_that_is_not_listed_is_reported_and_counts_as_not_set() -> None:
    world = in_pipeline().choose(PIPELINE, "a third kind").rest().wait(hours=1).rest()
    assert items(world, OwnTemplate.VALUE_UNKNOWN) == [
        ('Pipeline is "a third kind"; the process knows existing and new',)
    ]
    assert open_subtasks(world) == ["Analyze"]


# -- conditions, needs and goals of branches


def test_a_branch_waits_for_those_that_it_needs() -> None:
    """Its subtask is made, and its clock starts, when they are done; a branch that waits is nobody's turn."""
    world = in_pipeline().choose(PIPELINE, "existing").rest()
    assert open_subtasks(world) == ["Analyze"]
    world.wait(hours=1).set("Analyze", "Done").rest()
    assert open_subtasks(world) == ["Join"]


def test_a_fact_that_is_not_known_neither_runs_nor_skips() -> None:
    """The step cannot end, and once nothing else is left, one note names the fact."""
    world = in_pipeline().set("Analyze", "Done").rest().wait(hours=1).rest()
    assert (world.status, open_subtasks(world)) == ("Data Pipeline", [])
    assert items(world, OwnTemplate.FACTS_MISSING) == [("Pipeline",)]
    world.choose(PIPELINE, "new").rest()
    assert open_subtasks(world) == ["Build"]


@pytest.mark.parametrize(("pipeline", "goal"), [("existing", WEEKS), ("new", MONTHS)])
def test_a_goal_by_a_fact(pipeline: str, goal: object) -> None:
    """Nothing is due while the fact is not known."""
    world = in_pipeline()
    assert world.follow().clocks == ()
    assert [clock.goal for clock in world.choose(PIPELINE, pipeline).rest().follow().running] == [goal]


def test_a_finding_that_is_corrected_closes_one_branch_and_opens_the_other() -> None:
    world = in_pipeline().choose(PIPELINE, "existing").set("Analyze", "Done").rest()
    world.wait(hours=1).choose(PIPELINE, "new").rest()
    assert world.states() | {"Save": "Done"} == {
        "Save": "Done", "Analyze": "Done", "Join": "Superseded", "Build": "To Do",
    }  # fmt: skip
    world.wait(hours=1).choose(PIPELINE, "existing").rest()
    assert [s.status for s in world.subtasks if s.summary == "Join"] == ["Superseded", "To Do"]
    assert world.states()["Build"] == "Superseded"
    assert world.set("Join", "Done").rest().status == "Validation"


def test_a_branch_that_is_not_needed_any_more_does_not_hold_up_its_step() -> None:
    """Even if Jira had refused its subtask."""
    world = in_pipeline().choose(PIPELINE, "existing").wait(hours=1).set("Analyze", "Done")
    (made,) = effects_of(world.plan(), CreateSubtasks)
    world.parked[made.items[0].id] = "HTTP 400"
    world.rest().wait(hours=1).choose(PIPELINE, "new").rest()
    assert world.set("Build", "Done").rest().status == "Validation"


def test_a_branch_whose_condition_fails_is_closed_once() -> None:
    """It held as the step began."""
    world = opened().choose(PIPELINE, "new").move("Data Pipeline").wait(hours=1).rest().set("Analyze", "Done").rest()
    world.wait(hours=1).choose(PIPELINE, "existing").rest()
    assert world.states()["Build"] == "Superseded"
    assert len(ids_of(world.done)) == len(set(ids_of(world.done)))


def test_a_branch_behind_one_that_failed_does_not_hold_up_the_revision() -> None:
    """It would wait for ever."""
    behind = Branch("train", "service", subtask="Train", needs=("validate",))
    world = in_validation(process=with_validation(behind)).wait(hours=1).set("Validate", "Needs Revision").rest()
    assert world.status == "Data Pipeline"


def test_the_team_is_asked_where_a_failed_branch_leaves_nothing_open() -> None:
    """The step knows no revision, and the branches behind this one would wait for ever."""
    world = in_pipeline().choose(PIPELINE, "existing").rest().set("Analyze", "Needs Revision").rest().wait(days=1)
    assert world.rest().bot_comments(public=False).count(OwnTemplate.NOTHING_OPEN) == 1


# -- optional steps


def test_a_step_that_is_not_called_for_is_passed_over_and_the_next_words_say_so() -> None:
    world = in_validation(("No vendor",)).set("Validate", "Done").rest()
    assert world.status == "Done"
    closing = [e for e in world.done if isinstance(e, PostComment) and e.template == "done"]
    assert closing[0].facts["passed_over"] == ("Vendors",)
    assert [c.new for c in world.changes if c.field == "status" and c.author == BOT][-1] == "Done"


def test_a_step_that_staff_skip_by_hand_was_not_passed_over() -> None:
    """It was called for, so no word says that nobody had named a vendor."""
    world = in_validation(("STAR",)).move("Done").rest()
    closing = [e for e in world.done if isinstance(e, PostComment) and e.template == "done"]
    assert closing[0].facts["passed_over"] == ()


def test_a_ticket_in_a_step_that_is_not_called_for_is_asked_about() -> None:
    """It is neither moved nor given work, and the district reads nothing of that."""
    world = in_validation(("No vendor",)).move("Vendors").rest().wait(days=1).rest()
    assert "vendors" not in world.bot_comments(public=True)
    assert world.status == "Vendors"
    assert open_subtasks(world) == ["Validate"]
    assert world.bot_comments(public=False).count(OwnTemplate.NOTHING_OPEN) == 1
    world.choose(VENDORS, "STAR").rest()
    assert world.bot_comments(public=True)[-1] == "vendors"
    assert open_subtasks(world)[-1] == "Exchange"


def test_a_ticket_in_a_step_whose_condition_is_not_known_is_asked_about() -> None:
    """People moved it there before they set the fact: no work is made and nothing is said until it is known."""
    world = in_validation(("STAR",)).choose(VENDORS).move("Vendors").rest().wait(hours=1).rest()
    assert "Exchange" not in open_subtasks(world)
    assert "vendors" not in world.bot_comments(public=True)
    world.choose(VENDORS, "STAR").rest()
    assert "Exchange" in open_subtasks(world)
    assert world.bot_comments(public=True)[-1] == "vendors"


def test_what_comes_next_must_be_known_before_a_step_ends() -> None:
    """The vendors were cleared again, so nobody can say whether their step is called for."""
    world = in_validation(("STAR",)).choose(VENDORS).set("Validate", "Done").rest()
    assert world.status == "Validation"
    assert items(world, OwnTemplate.FACTS_MISSING) == [("Test vendors",)]
    assert world.choose(VENDORS, "No vendor").rest().status == "Done"


def greeted(**more: Any) -> World:
    """A ticket that enters a step in which the bot comments and moves on by itself."""
    first = step("outreach", "welcome", Branch("save", "service", subtask="Save"), parties=("service",))
    welcome = step("welcome", "done", parties=("automated",), say="welcome", **more)
    return opened(process=replace(ODS, steps=(first, welcome))).choose(VENDORS, "No vendor").move("Welcome").rest()


def test_an_automated_step_that_is_not_called_for_is_asked_about() -> None:
    """It neither speaks nor moves the ticket on."""
    world = greeted(condition=Condition({"vendors": ("any",)}))
    assert (world.status, world.bot_comments(public=True)) == ("Welcome", [])
    assert world.bot_comments(public=False) == [OwnTemplate.NOTHING_OPEN]


def test_an_automated_step_does_not_end_while_a_fact_that_it_requires_is_not_set() -> None:
    world = greeted(requires=("sis",))
    assert (world.status, world.bot_comments(public=True)) == ("Welcome", ["welcome"])
    assert items(world, OwnTemplate.FACTS_MISSING) == [("Student information system",)]
    world.put(SIS, "Synergy")
    assert world.rest().status == "Done"


def test_none_beside_another_value_is_not_known() -> None:
    """Only one of the two can be right, so the step that requires the fact does not end."""
    world = in_pipeline(("STAR", "No vendor"))
    assert world.status == "Outreach"
    assert items(world, OwnTemplate.VALUE_UNKNOWN) == [
        ('Test vendors is set to "No vendor" and to another value; only one of the two can be right',)
    ]


# -- one branch for each value


def test_each_value_has_a_branch_a_subtask_and_a_clock() -> None:
    world = in_validation().set("Validate", "Done").rest()
    assert open_subtasks(world) == ["Exchange", "Exchange"]
    made = [i.facts["each"] for e in world.done if hasattr(e, "items") for i in e.items if i.branch[:8] == "exchange"]
    assert made == ["STAR", "DESSA"]
    assert len(world.follow().running) == 2


def test_what_is_said_when_a_value_is_done_is_said_also_at_the_end_of_the_step() -> None:
    world = in_validation().set("Validate", "Done").rest()
    for subtask in [s for s in world.subtasks if s.summary == "Exchange"]:
        world.wait(hours=1)._set(next(s for s in world.subtasks if s.id == subtask.id), "Done", HANNA)
        world.rest()
    said = [e.facts["each"] for e in world.done if isinstance(e, PostComment) and e.template == "vendor_ready"]
    assert (world.status, said) == ("Done", ["STAR", "DESSA"])


def test_a_value_that_is_added_and_one_that_is_taken_off() -> None:
    """The new one's clock starts with the change; the other's subtask is closed."""
    world = in_validation(("STAR",)).set("Validate", "Done").rest().wait(hours=2)
    world.choose(VENDORS, "STAR", "DESSA").rest()
    assert sorted(c.started for c in world.follow().running) == [MONDAY, MONDAY + timedelta(hours=2)]
    world.wait(hours=1).choose(VENDORS, "DESSA").rest()
    assert [s.status for s in world.subtasks if s.summary == "Exchange"] == ["Superseded", "To Do"]


def test_a_value_that_was_taken_off_as_the_step_began_leaves_no_open_subtask() -> None:
    """Its change counts after the grace, and the bot made the subtask before that."""
    world = in_validation().wait(hours=1)
    world.office = replace(OFFICE_ODS, grace=timedelta(seconds=60))
    world.set("Validate", "Done").choose(VENDORS, "STAR").rest()
    assert (world.status, open_subtasks(world)) == ("Vendors", ["Exchange", "Exchange"])
    world.wait(seconds=60).rest()
    assert open_subtasks(world) == ["Exchange"]


def with_exchange(**more: Any) -> World:
    """A ticket in a step that has one branch for each vendor, and with it no other."""
    exchange = Branch("exchange", "developers", subtask="Exchange", for_each="vendors", **more)
    return opened(process=replace(ODS, steps=(step("outreach", "done", exchange),)))


def test_values_under_a_condition_that_is_not_known_are_asked_about() -> None:
    world = with_exchange(condition=Condition({"pipeline": ("new",)})).choose(VENDORS, "STAR").rest()
    assert (world.status, world.subtasks) == ("Outreach", [])
    assert items(world, OwnTemplate.FACTS_MISSING) == [("Pipeline",)]


def test_values_whose_condition_is_true_again_get_new_subtasks() -> None:
    world = with_exchange(condition=Condition({"pipeline": ("new",)})).choose(VENDORS, "STAR").choose(PIPELINE, "new")
    world.rest().wait(hours=1).choose(PIPELINE, "existing").rest()
    assert open_subtasks(world) == []
    world.wait(hours=1).choose(PIPELINE, "new").rest()
    assert open_subtasks(world) == ["Exchange"]


def test_the_team_is_asked_where_there_is_no_value_to_work_on() -> None:
    world = with_exchange().choose(VENDORS, "No vendor").rest()
    assert (world.status, world.subtasks) == ("Outreach", [])
    assert world.bot_comments(public=False) == [OwnTemplate.NOTHING_OPEN]


# -- commands for one value


def in_vendors() -> World:
    """A ticket with two vendors, since Monday at 9:00."""
    return in_validation(("Renaissance STAR", "DESSA")).set("Validate", "Done").rest()


def paused(world: World) -> list[str]:
    """The vendors whose clock is paused."""
    progress = world.follow()
    values = {b.branch.name: b.branch.each for b in progress.branches}
    return [values[clock.branch] for clock in progress.running if clock.paused is not None]


def replied(world: World, words: str) -> list[str]:
    """What staff are answered to a command."""
    before = len(world.bot_comments(public=False))
    world.say(words, HANNA, public=False)
    return world.rest().bot_comments(public=False)[before:]


def test_a_hold_for_one_value_pauses_its_clock_alone() -> None:
    """The leading words are whole words of exactly one value, and /resume ends the same hold."""
    world = in_vendors()
    replied(world, "/hold star vendor waits for their key")
    assert paused(world) == ["Renaissance STAR"]
    (command,) = world.follow().visit.commands
    assert command.value == "vendor"
    replied(world.wait(hours=1), "/resume STAR")
    assert paused(world) == []
    first, second = sorted(clock.due for clock in world.follow().running)
    assert second > first


def test_a_hold_that_names_no_value_is_for_the_whole_step() -> None:
    world = in_vendors()
    replied(world, "/hold vendor waits for both")
    assert paused(world) == ["Renaissance STAR", "DESSA"]


def test_more_time_for_one_value() -> None:
    world = in_vendors()
    replied(world, "/extend Renaissance STAR 5 business days their holidays")
    extended = [clock for clock in world.follow().running if clock.extended]
    assert [str(clock.extended[0]) for clock in extended] == ["5 business days"]


def test_words_of_several_values_are_asked_back() -> None:
    world = in_validation(("STAR reading", "STAR math")).set("Validate", "Done").rest()
    assert replied(world, "/hold STAR waits for their key") == [OwnTemplate.COMMAND_REFUSED]
    assert paused(world) == []


# -- what finishes a branch of the district's


def asked_for_template(**more: Any) -> World:
    """A ticket whose contact was asked for a file, or READY, on Monday at 9:00."""
    template = Branch("template", "district", subtask="Template", done_by=("ready", "attachment"))
    steps = [step("outreach", "done", template, parties=("district",), say="outreach")]
    return opened(process=replace(ODS, steps=tuple(steps)), **more).rest().wait(hours=1)


def test_ready_finishes_a_branch_that_asks_for_it() -> None:
    world = asked_for_template()
    world.say("Hello, it is ready. Thanks!")
    assert world.rest().status == "Done"


def test_a_file_of_the_contact_finishes_it_too() -> None:
    """With no comment, or one that says nothing more; what the comment says is then not reported."""
    world = asked_for_template()
    world.attach("template.docx")
    world.say("Please find attached, thank you [^template.docx]")
    assert world.rest().status == "Done"
    assert OwnTemplate.UNRECOGNIZED not in world.bot_comments(public=False)


@pytest.mark.parametrize(
    ("name", "by", "words"),
    [("logo.png", CARLA, ""), ("template.docx", HANNA, ""), ("template.docx", CARLA, "Which of these is right?")],
    ids=["an image", "of staff", "with a question"],
)
def test_other_files_finish_nothing(name: str, by: Person, words: str) -> None:
    world = asked_for_template()
    world.attach(name, by)
    if words:
        world.say(words)
    assert world.rest().status == "Outreach"


def test_a_file_counts_once_its_comment_can_be_there() -> None:
    """The file is uploaded before the comment is sent."""
    world = asked_for_template(office=replace(OFFICE_ODS, grace=timedelta(seconds=60)))
    world.attach("template.docx")
    plan = world.reconcile()
    assert (world.status, plan.requeue_at) == ("Outreach", world.now + timedelta(seconds=60))
    assert world.wait(seconds=60).rest().status == "Done"


# -- what else a step can say


def test_a_team_is_told_as_the_ticket_comes_in() -> None:
    """By its own name, where it has no accounts to mention."""
    world = in_validation().wait(days=1).rest()
    (note,) = [e for e in world.done if isinstance(e, PostComment) and e.template == OwnTemplate.STEP_ENTERED]
    assert (note.facts["team"], note.facts["begun"]) == ("Customer Service", True)


def test_a_team_is_not_asked_to_begin_what_has_not_begun() -> None:
    """It is told that the ticket is there, and what it waits for."""
    outreach = replace(ODS.steps[0], tell="developers")
    world = opened(process=replace(ODS, steps=(outreach, *ODS.steps[1:]))).rest()
    (note,) = [e for e in world.done if isinstance(e, PostComment) and e.template == OwnTemplate.STEP_ENTERED]
    assert (note.facts["team"], note.facts["begun"]) == ("Developers", False)


def why_nothing_is_open(world: World) -> str:
    """What the team reads when it is asked about a step."""
    (note,) = [e for e in world.done if isinstance(e, PostComment) and e.template == OwnTemplate.NOTHING_OPEN]
    return str(note.facts["reason"])


def test_the_question_about_a_step_says_what_is_so() -> None:
    """Each reason is the true one."""
    skipped = in_validation(("No vendor",)).move("Vendors").rest()
    assert why_nothing_is_open(skipped) == "this step is not needed for this ticket"
    checked = replace(ODS.steps[2], condition=Condition({"pipeline": ("new",)}))
    unknown = in_pipeline(process=replace(ODS, steps=(*ODS.steps[:2], checked, ODS.steps[3]))).move("Validation").rest()
    assert why_nothing_is_open(unknown) == "it is not known whether this step is needed: Pipeline is not set"
    withdrawn = in_validation()
    withdrawn.delete("Validate")
    assert why_nothing_is_open(withdrawn.rest()) == "nobody has finished anything in it since the ticket came here"
    failed = in_pipeline().choose(PIPELINE, "existing").set("Analyze", "Needs Revision").rest()
    assert why_nothing_is_open(failed) == "a subtask needs a revision, and the process does not say who makes it"


def test_a_field_that_jira_does_not_show_for_a_while_ends_nothing() -> None:
    """A permission was taken away, say: what is not known neither runs nor skips, so no subtask is closed."""
    world = in_validation().set("Validate", "Done").rest()
    shown = world.fields.pop(VENDORS)
    world.rest().wait(hours=1).rest()
    assert open_subtasks(world) == ["Exchange", "Exchange"]
    world.fields[VENDORS] = shown
    assert world.rest().status == "Vendors"


def test_a_revision_without_words_is_the_staffs_own_rework() -> None:
    """The ticket goes straight back, and the district hears nothing; the work there is done anew."""
    world = in_validation()
    before = world.bot_comments(public=True)
    world.wait(hours=1).set("Validate", "Needs Revision").rest()
    assert world.status == "Data Pipeline"
    assert open_subtasks(world) == ["Analyze"]
    assert world.bot_comments(public=True) == before


def test_a_revision_without_words_says_nothing_after_the_record_was_lost() -> None:
    world = in_validation().wait(hours=1).set("Validate", "Needs Revision").rest()
    before = world.bot_comments(public=True)
    world.ledger = None
    assert world.rest().bot_comments(public=True) == before


def test_staff_may_take_the_ticket_back_themselves() -> None:
    """Before the bot does: it is the same revision, so the district hears nothing, and the work is done anew."""
    world = in_validation()
    before = world.bot_comments(public=True)
    world.wait(hours=1).set("Validate", "Needs Revision").move("Data Pipeline").rest()
    assert world.bot_comments(public=True) == before
    assert open_subtasks(world) == ["Analyze"]


def test_a_revision_at_once_leaves_no_work_of_its_pass_open() -> None:
    """What others had still open there is closed as the next pass begins."""
    second = Branch("second", "service", subtask="Second")
    world = in_validation(process=with_validation(second, at_once=True)).wait(hours=1)
    world.set("Validate", "Needs Revision").rest().wait(hours=1)
    world.set("Analyze", "Done").rest().set("Join", "Done").rest()
    assert (world.status, open_subtasks(world)) == ("Validation", ["Validate", "Second"])


def test_a_step_that_only_waits_ends_by_itself_in_open_time() -> None:
    """Twelve days end on a Saturday, and the Monday after is a holiday. Nobody is flagged meanwhile."""
    steps = [step("outreach", "done", wait=parse_goal("12 days"))]
    world = opened(process=replace(ODS, steps=tuple(steps))).rest()
    assert world.plan().requeue_at == datetime(2026, 1, 20, 14, 0, tzinfo=UTC)
    world.wait(days=11).rest()
    assert (world.status, world.follow().clocks, world.labels) == ("Outreach", (), ())
    world.now = datetime(2026, 1, 20, 14, 0, tzinfo=UTC)
    assert world.rest().status == "Done"


def test_a_hold_moves_the_end_of_such_a_step() -> None:
    steps = [step("outreach", "done", wait=parse_goal("2 business days"))]
    world = opened(process=replace(ODS, steps=tuple(steps))).rest()
    world.say("/hold waits for the board", HANNA, public=False)
    world.rest().wait(days=3).rest()
    assert world.status == "Outreach"
    world.say("/resume", HANNA, public=False)
    world.rest().wait(days=1).rest()
    assert world.status == "Outreach"
    assert world.wait(days=4).rest().status == "Done"


def test_the_plan_is_made_again_when_a_change_counts() -> None:
    """A fact that was set a moment ago counts after the grace."""
    office = replace(OFFICE_ODS, grace=timedelta(seconds=60))
    world = opened(office=office).wait(hours=1).rest().choose(SIGNED, "Yes")
    plan = world.reconcile()
    assert effects_of(plan, PostComment) == []
    assert plan.requeue_at == world.now + timedelta(seconds=60)
    assert world.wait(seconds=60).rest().bot_comments(public=True) == ["outreach"]
