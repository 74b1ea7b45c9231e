"""The folder of YAML files becomes what the core works with, or a list of all that is wrong with it."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from bot.config.load import Config, ConfigError, load
from bot.config.source import read_source
from bot.core.time.goals import parse_goal

SHIPPED = Path(__file__).parents[1] / "spine"
FILES = {"bot": "bot.yaml", "cli": "calendars/cli.yaml", "dde": "processes/dde.yaml"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped configuration that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "config"))


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Replace a text that must be there; returns the line on which the last line of the new one is."""
    path = folder / FILES[file]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return (text[: text.index(old)] + new.rstrip("\n")).count("\n") + 1


def problems(folder: Path) -> list[str]:
    """What is wrong, as a person reads it, files named from the folder on."""
    with pytest.raises(ConfigError) as error:
        load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in error.value.problems]


@pytest.fixture(scope="module")
def shipped() -> Config:
    """The configuration as it is shipped."""
    return load(SHIPPED)


def test_the_shipped_process_is_the_published_one(shipped: Config) -> None:
    """The steps have the names that districts read, in their order, and lead to an end."""
    dde = shipped.process_for("DDE", "DDE Set-Up")
    assert dde is not None
    assert [step.title for step in dde.steps] == [
        "District Confirms the Ability to Produce the Required Files",
        "Creation of SecureStor Folder",
        "Initial File Review",
        "Quality Review",
    ]
    assert [step.next for step in dde.steps] == [*(step.name for step in dde.steps[1:]), "done"]
    assert dde.since == datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert shipped.process_for("DDE", "Bug") is None


def test_goals_stand_where_the_process_has_them(shipped: Config) -> None:
    """The folder branch and each round of the review have 20 business hours; the district's wait has none."""
    confirm, folder, review, _ = shipped.processes[0].steps
    twenty = parse_goal("20 business hours")
    assert (confirm.goal, folder.goal, review.goal) == (None, None, twenty)
    assert (folder.branch("folder").goal, folder.branch("files").goal) == (twenty, None)
    assert [(e.at, e.label, e.tell) for e in review.escalations] == [
        (0.75, "review-at-risk", None),
        (1.0, "review-overdue", "team"),
    ]


def test_the_shipped_calendar_is_closed_at_night_and_on_named_days(shipped: Config) -> None:
    """Monday to Friday from 8 to 17, and closed on days of this year and the next."""
    cli = shipped.calendars["cli"]
    assert (cli.zone, cli.spoken) == ("America/Chicago", "Central Time")
    assert cli.week == dict.fromkeys(range(5), ((time(8), time(17)),))
    assert {day.year for day in cli.closed} == {2026, 2027}
    assert cli.closed[date(2026, 11, 27)] == "Day after Thanksgiving"
    assert all(day.weekday() < 5 for day in cli.closed)


def test_the_office_knows_its_teams_and_switches(shipped: Config) -> None:
    """`bot.yaml` says who is who; what it leaves out has its default."""
    office = shipped.office
    assert office.teams["help_center"].title == "CLI Help Center"
    assert "712020:dana" in office.staff
    assert (office.auto_advance, office.only, office.off_label) == (True, None, "bot-off")
    assert (office.due_field, office.contact_field, office.calls_per_second) == ("duedate", None, 20)


def test_a_key_that_means_nothing_any_more_is_accepted(folder: Path, shipped: Config) -> None:
    """A file of version 0.1.0 loads as it is, and `check` says which line can go."""
    assert shipped.notes == ()
    line = change(folder, "bot", "calls_per_second: 20", "calls_per_second: 20\n  untold_share: 50%")
    config = load(folder)
    assert config.notes == (f"{folder}/bot.yaml:{line}: `untold_share` is no longer used; the line can be deleted",)
    assert config.office == shipped.office


def test_an_empty_field_means_none_and_off_means_off(folder: Path) -> None:
    """`due_field:` with nothing behind it turns the field off; on and off are words that may be used."""
    change(folder, "bot", "due_field: duedate", "due_field:")
    change(folder, "bot", "auto_advance: on", "auto_advance: off")
    office = load(folder).office
    assert (office.due_field, office.auto_advance) == (None, False)


def test_breaks_and_exceptions_are_read(folder: Path) -> None:
    """A day may have several spans, and a date hours of its own or none."""
    change(folder, "cli", "monday: 8:00-17:00", "monday: [8:00-12:00, 13:00-24:00]")
    change(
        folder,
        "cli",
        "closed:\n",
        "exceptions:\n"
        "  2026-12-23: {name: Half day, open: 8:00-12:00}\n"
        "  2026-02-03: {name: Snow, open: []}\n"
        "closed:\n",
    )
    cli = load(folder).calendars["cli"]
    assert cli.week[0] == ((time(8), time(12)), (time(13), time(0)))
    assert cli.hours_on(date(2026, 12, 23)) == ((time(8), time(12)),)
    assert cli.hours_on(date(2026, 2, 3)) == ()


def test_a_step_may_have_its_own_escalations(folder: Path) -> None:
    """A step's list replaces the process's; an empty one means none."""
    change(folder, "dde", "    goal: 20 business hours     #", "    escalations: []\n    goal: 20 business hours  #")
    review = load(folder).processes[0].step("initial_file_review")
    assert review.escalations == ()


def test_two_escalations_at_one_moment_are_a_slip(folder: Path) -> None:
    """However they are written; a repeated one after the same part is another moment."""
    line = change(
        folder,
        "dde",
        "  - {at: 100%,",
        "  - {every: 1 business day, label: x}\n  - {at: 75 %, tell: lead}\n  - {at: 100%,",
    )
    assert problems(folder) == [
        f"processes/dde.yaml:{line - 1}: there are two escalations at this moment; write what they do into one"
    ]


def test_escalations_are_read_whole(folder: Path) -> None:
    """What is repeated counts from the due moment unless it says otherwise; a branch has its own list."""
    daily = "  - {every: 1 business day, tell: lead, notify: leads}\n"
    change(folder, "dde", "  - {at: 75%", f"{daily}  - {{every: 2 weeks, after: 50%, label: x}}\n  - {{at: 75%")
    change(
        folder,
        "dde",
        "        goal: 20 business hours\n",
        "        goal: 20 business hours\n        escalations: [{at: 50%, label: y}]\n",
    )
    process = load(folder).processes[0]
    folder_step = process.step("create_securestor_folder")
    assert [(e.at, str(e.every), e.notify) for e in folder_step.escalations if e.every] == [
        (0.5, "2 weeks", None),
        (1.0, "1 business day", "leads"),
    ]
    assert [e.label for e in folder_step.escalations_of("folder")] == ["y"]
    assert folder_step.escalations_of("files") == folder_step.escalations


def test_what_a_district_is_sent_about_a_late_date(folder: Path) -> None:
    """Staff are asked unless the process says otherwise."""
    assert load(folder).processes[0].tell_district_when_late == "ask"
    change(folder, "dde", "calendar: cli", "calendar: cli\ntell_district_when_late: never")
    assert load(folder).processes[0].tell_district_when_late == "never"


def test_bot_yaml_chooses_calendars_for_districts(folder: Path) -> None:
    """By the value of a field, without case and outer space."""
    line = "due_field: duedate\ncalendar_by: {field: customfield_7, values: {' West Side ISD ': cli, 101912: cli}}"
    change(folder, "bot", "due_field: duedate", line)
    office = load(folder).office
    assert office.calendar_field == "customfield_7"
    assert office.district_calendars == {"west side isd": "cli", "101912": "cli"}


def test_the_version_is_of_the_meaning_not_the_text(folder: Path, shipped: Config) -> None:
    """A comment changes no version; a goal does."""
    before = shipped.processes[0].version
    change(folder, "dde", "steps:\n", "# a comment\nsteps:\n")
    assert load(folder).processes[0].version == before
    change(folder, "dde", "goal: 20 business hours", "goal: 21 business hours")
    assert load(folder).processes[0].version != before


def test_a_place_in_a_process_has_a_line(folder: Path) -> None:
    """Later checks, of templates for one, can name file and line; an unknown place gives the one around it."""
    line = change(folder, "dde", "say: files_received", "say: files_received")
    config = load(folder)
    where = f"{folder}/processes/dde.yaml:{line}"
    assert config.where("dde", "steps", "initial_file_review", "say") == where
    assert str(config.problem("dde", ["steps", "initial_file_review", "say"], "oh")) == f"{where}: oh"
    step = config.where("dde", "steps", "initial_file_review", "nothing")
    assert step == config.where("dde", "steps", "initial_file_review")


def test_a_process_without_since_is_loaded(folder: Path) -> None:
    """Whether the bot may serve without `since` is not a question of the file's form."""
    change(folder, "dde", "since: 2026-01-01T00:00-06:00", "# since:")
    assert load(folder).processes[0].since is None


CASES = [
    # file, old text, new text whose last line has the problem, the sentence
    (
        "bot",
        "off_label: bot-off",
        "of_label: bot-off",
        '"of_label" is not a key that is known here (did you mean "off_label"?)',
    ),
    ("bot", "auto_advance: on", "auto_advance: maybe", '"auto_advance" must be on or off'),
    ("bot", "calls_per_second: 20", "calls_per_second: fast", '"calls_per_second" must be a whole number'),
    ("bot", "calls_per_second: 20", "untold_changes: some", '"untold_changes" must be a whole number'),
    ("bot", "calls_per_second: 20", "untold_share: half", '"untold_share": "half" is not a percentage; write one from'),
    ("bot", 'accounts: ["712020:dana"]', "accounts: dana", '"accounts" must be a list'),
    ("bot", "off_label: bot-off", "off_label: bot off", '"off_label": "bot off" must be a name without spaces'),
    (
        "bot",
        "  database_team:",
        "  district:",
        'a team must not be called "district"; that word has a meaning of its own',
    ),
    (
        "cli",
        "zone: America/Chicago",
        "zone: America/Chicag",
        '"zone": "America/Chicag" is not a time zone (did you mean "America/Chicago"?)',
    ),
    (
        "cli",
        "monday: 8:00-17:00",
        "monday: 17:00-8:00",
        '"monday": the hours "17:00-8:00" run backwards; the closing must be after the opening',
    ),
    (
        "cli",
        "monday: 8:00-17:00",
        "monday: [8:00-12:00, 11:00-17:00]",
        '"monday": the hours "11:00-17:00" overlap with those before them; write them in order',
    ),
    (
        "cli",
        "monday: 8:00-17:00",
        "monday: [8:00-24:00, 24:00-24:00]",
        '"monday": the hours "24:00-24:00" run backwards',
    ),
    ("cli", "monday: 8:00-17:00", "monday: 24:30-25:00", '"monday": "24:30" is not a time of day'),
    ("cli", "monday: 8:00-17:00", "monday: 8-17", '"monday": "8" is not a time of day; write one from 0:00 to 24:00'),
    (
        "cli",
        "monday: 8:00-17:00",
        "monday: all day",
        '"monday": "all day" is not a span of time; write one like 8:00-17:00',
    ),
    (
        "cli",
        "monday: 8:00-17:00",
        "mondy: 8:00-17:00",
        '"mondy" is not a key that is known here (did you mean "monday"?)',
    ),
    (
        "cli",
        "2026-01-01: New",
        "2026-02-30: New",
        '"2026-02-30": "2026-02-30" is not a date; write one like 2026-12-24',
    ),
    ("cli", "  2026-01-19: M", "  2026-01-01: M", '"2026-01-01" is there twice; it is already on line'),
    (
        "dde",
        "goal: 20 business hours",
        "goal: 20 fortnights",
        '"goal": "fortnights" in the goal "20 fortnights" is not a unit; accepted is',
    ),
    ("dde", "at: 75%", "at: 175%", '"at": "175%" is not a percentage of the goal; write one from 1% to 100%'),
    (
        "dde",
        "since: 2026-01-01T00:00-06:00",
        "since: 2026-01-01T00:00",
        '"since": "2026-01-01T00:00" has no offset from UTC',
    ),
    ("dde", "since: 2026-01-01T00:00-06:00", "since: soon", '"since": "soon" is not a moment'),
    ("dde", "calendar: cli", "calendar: cly", 'there is no calendar "cly" (did you mean "cli"?)'),
    (
        "dde",
        "done_by: confirm",
        "doneby: x, done_by: confirm",
        '"doneby" is not a key that is known here (did you mean "done_by"?)',
    ),
    (
        "dde",
        "party: functional_team",
        "party: functional_tema",
        'there is no party "functional_tema" (did you mean "functional_team"?)',
    ),
    (
        "dde",
        "party: [help_center, district]",
        "party: [help_center, distrikt]",
        'there is no party "distrikt" (did you mean "district"?)',
    ),
    ("dde", "at: 75%,", "every: 1 business day, at: 75%,", 'an escalation needs either "at", like 75%, or "every"'),
    ("dde", "at: 75%,", "after: 75%,", 'an escalation needs either "at", like 75%, or "every"'),
    ("dde", "at: 75%,", "at: 75%, after: 50%,", '"after" is for "every"; "at" says when by itself'),
    ("dde", "at: 75%,", "every: 1-2 business days,", '"every": "1-2 business days" is a range; write one time'),
    ("dde", "at: 75%, label: review-at-risk", "at: 75%", 'this escalation does nothing: give it "label", "tell"'),
    ("dde", "label: review-at-risk", "notify: operator", 'the operator is told with "tell: operator"'),
    ("dde", "tell: team", "tell: tema", 'there is no team "tema" to tell (did you mean "team"?)'),
    (
        "dde",
        "next: initial_file_review",
        "next: intial_file_review",
        'the step "create_securestor_folder" leads to "intial_file_review", which is neither a step nor an end '
        '(did you mean "initial_file_review"?)',
    ),
    (
        "dde",
        "return_to: initial_file_review",
        "return_to: initial_review",
        'a revision returns to "initial_review", which is not a step (did you mean "initial_file_review"?)',
    ),
    (
        "dde",
        "status: Quality Review",
        "status: initial file review",
        'the status "initial file review" is used twice, first at',
    ),
    ("dde", "declined: Declined", "declined: Done", 'the status "Done" is used twice, first at'),
    (
        "dde",
        "withdrawn: Withdrawn",
        "quality_review: Withdrawn",
        '"quality_review" is the name of a step and of an end; give one another name',
    ),
    (
        "dde",
        "done_by: confirm",
        "done_by: confirmed",
        '"confirmed" is not a reply that a district can give (did you mean "confirm"?)',
    ),
    (
        "dde",
        "answer: {party: district, done_by: confirm}",
        "answer: {party: help_center, done_by: confirm}",
        '"done_by" is for the district\'s replies; "answer" is not its branch',
    ),
    (
        "dde",
        "answer: {party: district, done_by: confirm}",
        "answer: {party: district}",
        'nothing can finish the branch "answer": it needs "subtask" or "done_by"',
    ),
    (
        "dde",
        "done_by: confirm}",
        "done_by: confirm, escalations: []}",
        '"escalations" are for a goal, and "answer" has none',
    ),
    (
        "bot",
        "due_field: duedate",
        "due_field: duedate\ncalendar_by: {field: customfield_1, values: {West: cly}}",
        'there is no calendar "cly" (did you mean "cli"?)',
    ),
    (
        "bot",
        "due_field: duedate",
        "due_field: duedate\ncalendar_by: {field: customfield_1, values: {West: cli, ' west': cli}}",
        '" west" is the same value as "West"; case and spaces do not count',
    ),
    ("bot", "due_field: duedate", "due_field: duedate\ncalendar_by: {values: {West: cli}}", '"field" is missing'),
    (
        "dde",
        "calendar: cli",
        "calendar: cli\ntell_district_when_late: sometimes",
        "\"tell_district_when_late\" is wrong: Input should be 'ask', 'auto' or 'never'",
    ),
    (
        "dde",
        "done_by: confirm}",
        "done_by: confirm, description: x}",
        '"description" is for a subtask, and "answer" has none',
    ),
    ("dde", "say: confirm_files", "say: Confirm files", '"say": "Confirm files" must be a name of a-z, 0-9 and _'),
    ("dde", "say: confirm_files", "say: [a, b]", '"say" must be text'),
]


@pytest.mark.parametrize(("file", "old", "new", "says"), CASES)
def test_each_slip_is_named_with_its_line(folder: Path, file: str, old: str, new: str, says: str) -> None:
    """One mistake gives one sentence, with the file, the line and the nearest known word."""
    line = change(folder, file, old, new)
    found = problems(folder)
    assert len(found) == 1
    assert found[0].startswith(f"{FILES[file]}:{line}: {says}")


def test_every_mistake_is_reported_at_once_in_order(folder: Path) -> None:
    """One mistake hides no other, in whatever file, of whatever kind."""
    change(folder, "bot", "off_label", "of_label")
    change(folder, "cli", "zone: America/Chicago", "zone: Chicago")
    change(folder, "dde", "say: confirm_files", "says: confirm_files")
    change(folder, "dde", "goal: 20 business hours", "goal: often")
    change(folder, "dde", "party: functional_team", "party: nobody")
    change(folder, "dde", "status: Quality Review", "status: Done")
    found = problems(folder)
    assert [text.split(":")[0] for text in found] == [FILES["bot"], FILES["cli"], *[FILES["dde"]] * 4]
    lines = [int(text.split(":")[1]) for text in found[2:]]
    assert lines == sorted(lines)


def test_a_missing_key_is_reported_where_it_belongs(folder: Path) -> None:
    """The line is that of the thing that lacks the key."""
    change(folder, "dde", "    title: Quality Review\n", "")
    change(folder, "dde", "    next: done\n", "")
    change(folder, "cli", "spoken: Central Time ", "# ")
    step = [n for n, text in enumerate((folder / FILES["dde"]).read_text().split("\n"), 1) if "quality_review:" in text]
    assert problems(folder) == [
        'calendars/cli.yaml:3: "spoken" is missing',
        f'processes/dde.yaml:{step[0]}: "next" is missing in "quality_review"',
        f'processes/dde.yaml:{step[0]}: "title" is missing in "quality_review"',
    ]


def test_a_step_that_no_step_leads_to(folder: Path) -> None:
    """A step that is skipped is reported."""
    change(folder, "dde", "next: create_securestor_folder", "next: initial_file_review")
    assert [text.split(": ", 1)[1] for text in problems(folder)] == [
        'no step leads to "create_securestor_folder"; the first step is "district_confirms"'
    ]


def test_steps_that_lead_in_a_circle(folder: Path) -> None:
    """A process must come to an end."""
    line = change(folder, "dde", "next: quality_review", "next: create_securestor_folder")
    found = problems(folder)
    circle = "create_securestor_folder -> initial_file_review -> create_securestor_folder"
    assert found[0].endswith(f"the steps lead in a circle and never to an end: {circle}")
    assert int(found[0].split(":")[1]) < line
    assert 'no step leads to "quality_review"' in found[1]


def test_a_date_that_is_closed_and_an_exception(folder: Path) -> None:
    """It is not for the bot to choose between two statements."""
    exception = "  2026-12-25: {name: Party, open: 8:00-9:00}"
    line = change(folder, "cli", "closed:\n", f"exceptions:\n{exception}\nclosed:\n") - 1
    assert problems(folder) == [
        f"calendars/cli.yaml:{line}: 2026-12-25 is closed and an exception; keep one of the two"
    ]


def test_a_week_without_open_hours(folder: Path) -> None:
    """A calendar that never opens is refused before anything can wait for it."""
    text = (folder / FILES["cli"]).read_text().replace("8:00-17:00\n", "[]\n")
    (folder / FILES["cli"]).write_text(text)
    assert "the week has no open hours, so nothing would ever be due" in problems(folder)[0]


@pytest.mark.parametrize("wrong", ["steps: 3", "steps: [a, b]", "steps:", "steps: {a: b}", "steps: {a: {next: []}}"])
def test_any_shape_at_all_is_answered_with_problems(folder: Path, wrong: str) -> None:
    """A list, a text or nothing where steps should be is reported, and never a crash."""
    text = (folder / FILES["dde"]).read_text()
    (folder / FILES["dde"]).write_text(text[: text.index("steps:")] + wrong + "\n")
    assert all(found.startswith("processes/dde.yaml:") for found in problems(folder))


def test_text_that_is_no_yaml_is_reported_with_its_line(folder: Path) -> None:
    """A mistake in one file does not keep the others from being checked."""
    change(folder, "bot", "off_label", "of_label")
    (folder / FILES["dde"]).write_text("process: dde\ntitle: [a\nsteps: b\n")
    found = problems(folder)
    assert found[0].startswith('bot.yaml:7: "of_label" is not a key')
    assert found[1].startswith("processes/dde.yaml:3: this is not YAML: ")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """An empty folder is answered with what must be in it."""
    assert problems(tmp_path) == [
        "bot.yaml:1: the file is missing",
        "calendars:1: there is no .yaml file in this folder, or no such folder",
        "processes:1: there is no .yaml file in this folder, or no such folder",
    ]


def test_two_processes_for_the_same_issues(folder: Path) -> None:
    """An issue follows one process; a copied file must be changed in name and in what it applies to."""
    shutil.copy(folder / FILES["dde"], folder / "processes" / "copy.yaml")
    assert problems(folder) == [
        f'processes/dde.yaml:4: the process "dde" is used twice, first at {folder}/processes/copy.yaml:4',
        f'processes/dde.yaml:6: issues of "DDE", type "DDE Set-Up", already follow {folder}/processes/copy.yaml',
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "the file is empty"),
        ("# only a comment\n", 1, "the file is empty"),
        ("a: 1\nb: {c: 1,\n  c: 2}\na: 3\n", 3, '"c" is there twice; it is already on line 2'),
        ("a:\n\t- b\n", 2, "this is not YAML"),
        ("a: 1\nb: &x\n  - *x\n", 2, "a value must not contain itself"),
        ("a: 1\n[b]: 2\n", 2, "a key must be a name, not a list or mapping"),
        ("a: 1\n---\nb: 2\n", 2, "this is not YAML"),
    ],
)
def test_what_yaml_itself_can_have_wrong(tmp_path: Path, text: str, line: int, says: str) -> None:
    """Each is a problem with its line; reading never raises for what a file holds."""
    path = tmp_path / "x.yaml"
    path.write_text(text)
    first = read_source(path, "x.yaml").problems[0]
    assert (first.line, first.text[: len(says)]) == (line, says)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are reported as such."""
    path = tmp_path / "x.yaml"
    path.write_bytes("title: Größe".encode("latin-1"))
    assert str(read_source(path, "x.yaml").problems[0]) == "x.yaml:1: the file is not text in UTF-8"
