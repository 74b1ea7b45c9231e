"""A process file that uses facts becomes what the core works with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.load import EXAMPLE_CONFIG, load
from bot.core.model.facts import ANY, NO, YES, Condition, Fact, FactKind, GoalByFact
from bot.core.model.process import Process
from bot.core.time.goals import parse_goal

ODS = Path(__file__).parent / "ods"
Change = Callable[[str, str], int]

STEP = "    title: Data Pipeline\n"


def process_in(folder: Path) -> Process:
    """The only process of a folder."""
    return load(folder).processes[0]


def test_facts_are_read_with_their_kind_and_values() -> None:
    """The title is the name with spaces unless it is given."""
    facts = process_in(ODS).facts
    assert facts["agreements"] == Fact("agreements", "Agreements signed", "customfield_10060", FactKind.YES_NO)
    assert facts["vendors"] == Fact(
        "vendors", "Test vendors", "customfield_10066", FactKind.SOME_OF,
        ("Renaissance STAR", "Aperture DESSA"), others=True, none="No vendor", public=True,
    )  # fmt: skip
    assert [facts[name].kind for name in ("sis", "sis_since", "pipeline")] == [
        FactKind.TEXT,
        FactKind.DATE,
        FactKind.ONE_OF,
    ]


def test_a_fact_without_a_title_has_its_name_for_one(ods: Path, ods_change: Change) -> None:
    """With spaces for the underscores."""
    ods_change("{title: In use since, field", "{field")
    assert process_in(ods).facts["sis_since"].title == "sis since"


def test_a_step_and_a_branch_hold_what_depends_on_facts() -> None:
    """Conditions, what a step waits for and needs, its goal by a fact, and a branch for each value."""
    process = process_in(ODS)
    outreach, pipeline = process.step("district_outreach"), process.step("data_pipeline")
    vendors = process.step("third_party_vendors")
    assert outreach.starts_when == Condition({"agreements": (YES,)})
    assert outreach.requires == ("onboarding", "sis", "hosted", "sis_since", "vendors")
    assert outreach.branch("template").done_by == ("ready", "attachment")
    assert outreach.branch("save").needs == ("template",)
    assert pipeline.branch("join").condition == Condition({"pipeline": ("existing",)})
    goals = {"existing": parse_goal("5-10 business days"), "new": parse_goal("1-3 months")}
    assert (pipeline.goal, pipeline.goal_by) == (None, GoalByFact("pipeline", goals))
    assert vendors.condition == Condition({"vendors": (ANY,)})
    assert vendors.branch("exchange").for_each == "vendors"
    assert process.step("validation_customer_service").tell == "customer_service"


def test_the_total_is_a_goal_or_depends_on_a_fact(ods: Path, ods_change: Change) -> None:
    """As published, whatever the steps say."""
    by = process_in(ods).total_by
    assert by is not None
    assert (by.fact, by.otherwise) == ("pipeline", None)
    ods_change("new: 2-6 months}", "else: 2-6 months}")
    by = process_in(ods).total_by
    assert by is not None
    assert by.otherwise == parse_goal("2-6 months")
    ods_change("{by: pipeline, existing: 3-5 weeks, else: 2-6 months}", "5-24 weeks")
    assert (process_in(ods).total, process_in(ods).total_by) == (parse_goal("5-24 weeks"), None)


@pytest.mark.parametrize(("spelling", "value"), [("Yes", YES), ("true", YES), ("on", YES), ("no", NO), ("False", NO)])
def test_yes_and_no_may_be_written_as_yaml_allows(ods: Path, ods_change: Change, spelling: str, value: str) -> None:
    """Only of a fact that is yes or no; elsewhere a value is the text as it stands."""
    ods_change("{agreements: yes}", f"{{agreements: {spelling}}}")
    assert process_in(ods).step("district_outreach").starts_when == Condition({"agreements": (value,)})


def test_a_condition_may_list_values_and_name_several_facts(ods: Path, ods_change: Change) -> None:
    """A list means any of them; the words of the language are in lower case."""
    ods_change("if: {pipeline: existing}", "if: {pipeline: [existing, new], vendors: [None, STAR], sis_since: ANY}")
    join = process_in(ods).step("data_pipeline").branch("join")
    assert join.condition == Condition(
        {"pipeline": ("existing", "new"), "vendors": ("none", "STAR"), "sis_since": (ANY,)}
    )


def test_a_number_is_compared_however_it_is_written(ods: Path, ods_change: Change) -> None:
    """Jira gives 3 for 3.0."""
    ods_change("customfield_10062, kind: text", "customfield_10062, kind: number")
    ods_change("if: {pipeline: existing}", "if: {sis: [3.0, 30, -2.50, any]}")
    join = process_in(ods).step("data_pipeline").branch("join")
    assert join.condition == Condition({"sis": ("3", "30", "-2.5", ANY)})


def test_a_step_may_end_by_itself(ods: Path, ods_change: Change) -> None:
    """After a time in business or calendar units."""
    ods_change(
        "next: data_pipeline\n",
        "next: pause\n\n  pause: {title: P, status: P, party: developers, wait: 30 days, next: data_pipeline}\n",
    )
    assert process_in(ods).step("pause").wait == parse_goal("30 days")


def test_a_revision_without_words_is_the_rework_of_staff(ods: Path, ods_change: Change) -> None:
    """It needs no waiting status, and the step is no review."""
    ods_change("next: validation_developers", "revision: {return_to: data_pipeline}\n    next: validation_developers")
    process = process_in(ods)
    revision = process.step("etl").revision
    assert revision is not None
    assert (revision.return_to, revision.say, process.step("etl").review) == ("data_pipeline", None, False)
    assert (process.waiting_status, "" in process.statuses) == ("", False)


def test_earlier_names_are_kept(ods: Path, ods_change: Change) -> None:
    """Of steps, of branches, and of the waiting status."""
    ods_change(STEP, f"    was: pipeline\n{STEP}")
    ods_change("analyse: {party", "analyse: {was: [look, check], party")
    ods_change("calendar: wesd", "calendar: wesd\nwaiting_status: {status: Waiting, was: Waiting for District}")
    process = process_in(ods)
    step = process.step("data_pipeline")
    assert (step.was, step.branch("analyse").was) == (("pipeline",), ("look", "check"))
    assert (process.waiting_status, process.waiting_was) == ("Waiting", ("Waiting for District",))


def test_a_process_may_take_several_issue_types(ods: Path, ods_change: Change) -> None:
    """Each ticket of one of them follows it."""
    ods_change("issue_type: ODS Onboarding", "issue_type: [ODS Onboarding, ODS Conversion]")
    config = load(ods)
    assert [config.process_for("ODS", kind) for kind in ("ODS Onboarding", "ODS Conversion", "Bug")] == [
        config.processes[0],
        config.processes[0],
        None,
    ]


def test_tell_team_means_the_team_of_the_step(ods: Path, ods_change: Change) -> None:
    """The first of its parties that is a team."""
    ods_change("tell: customer_service", "tell: team")
    assert process_in(ods).step("validation_customer_service").tell == "customer_service"


def test_what_a_process_says_for_itself_counts_for_its_tickets(ods: Path, ods_change: Change) -> None:
    """Its texts add to the office's, everything else replaces it; the office itself stays as it is."""
    ods_change(
        "voice: draft",
        "grace: 5s\nlead: []\nauto_advance: off\nonly: pilot\ndue_field:\n"
        "district_name: {summary: 'Onboarding of (.+)'}\ncalendar_by: {field: customfield_1, values: {West: wesd}}\n"
        "texts: {data: x}\nvoice: draft",
    )
    config = load(ods)
    office = config.office_for("ods")
    assert (office.contact_field, office.voice, office.grace) == ("customfield_10050", "draft", timedelta(seconds=5))
    assert (office.lead, office.auto_advance, office.only, office.due_field) == ((), False, "pilot", None)
    assert (office.district_field, office.district_pattern) == (None, "Onboarding of (.+)")
    assert (office.calendar_field, office.district_calendars) == ("customfield_1", {"west": "wesd"})
    assert office.texts == {"help": "https://example.org/help", "data": "x"}
    assert office.teams == config.office.teams
    assert (config.office.voice, config.office.only, config.office_for("dde")) == ("full", None, config.office)
    assert config.offices == {("ODS", "ODS Onboarding"): office}


def test_the_version_of_a_file_that_uses_nothing_new_is_the_one_that_tickets_have() -> None:
    """Tickets under way hold this text in their ledger."""
    assert load(EXAMPLE_CONFIG).processes[0].version == "c2e7074cf1db"
    assert load(Path(__file__).parents[1] / "spine").processes[0].version == "954a8911b86f"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("one_of: [existing, new]", "one_of: [existing, new, none yet]"),
        ("existing: 5-10 business days", "existing: 6-10 business days"),
        ("if: {vendors: any}", "if: {vendors: No vendor}"),
        ("needs: staging,", ""),
        ("voice: draft", "voice: silent"),
    ],
)
def test_the_version_covers_the_new_keys(ods: Path, ods_change: Change, old: str, new: str) -> None:
    """A change of meaning is another version."""
    before = process_in(ods).version
    ods_change(old, new)
    if "none yet" in new:
        for goal in ("new: 2-6 months", "new: 1-3 months"):
            ods_change(goal, f"{goal}, else: 1 month")
    assert process_in(ods).version != before


def test_a_total_that_the_steps_exceed_is_a_note(ods: Path, ods_change: Change) -> None:
    """What is published may be shorter on purpose; the sentence has the line and the value."""
    (note,) = load(ods).notes
    assert 'the goals of the steps, with pipeline existing, add up to more than the total of "3-5 weeks"' in note
    line = ods_change("existing: 3-5 weeks", "existing: 3-5 weeks")
    assert note.startswith(f"{ods}/processes/ods.yaml:{line}: ")
    ods_change("existing: 3-5 weeks", "existing: 3-20 weeks")
    assert load(ods).notes == ()


def test_a_total_for_all_other_values_is_compared_too(ods: Path, ods_change: Change) -> None:
    """With the goals that the steps have for these."""
    ods_change("existing: 3-5 weeks, new: 2-6 months", "new: 24 months, else: 1-2 weeks")
    ods_change("new: 1-3 months", "else: 1-3 months")
    (note,) = load(ods).notes
    assert 'with any other pipeline, add up to more than the total of "1-2 weeks"' in note
