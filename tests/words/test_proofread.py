"""Every comment that a district can get is short, plain mail that says what happened and whose turn it is."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.model.effects import NewSubtask, PostComment
from bot.core.model.process import Process
from bot.words.render import OWN, SAMPLE, STAFF_SAMPLE, TemplateFault, Wanted, Words
from bot.words.wiki import escape

TEMPLATES = Path(__file__).parents[2] / "templates"


@dataclass(frozen=True)
class Zone:
    zone: str = "America/Chicago"
    spoken: str = "Central Time"


OFFICE = {
    "requirements": "https://cli.example.org/dde/requirements_2026.pdf?due=status",
    "securestor_help": "https://cli.example.org/securestor-help",
}
WORDS = Words(TEMPLATES, {"cli": Zone()}, "https://help.example.org", OFFICE)
BARE_WORDS = Words(TEMPLATES, {"cli": Zone()}, "https://help.example.org")
KEYWORD = {
    "requirements": "CONFIRM",
    "confirm_files": "CONFIRM",
    "securestor_folder": None,
    "folder_ready": "FILES READY",
    "files_noted": "FILES READY",
    "files_received": None,
    "files_need_revision": "FILES READY",
    "not_received": "FILES READY",
    "quality_review": None,
    "file_preparation": None,
    "files_in_production": None,
    "done": None,
    "reminder": None,
}
DISTRICTS = (
    "Ed",
    "Bluebonnet Valley ISD",
    "The Consolidated Independent School District of Upper San Felipe and the Hill Country Villages",
    "O'Brien & Søns #1 {panel} [~accountid:x] *ISD* | Nord-Süd",
)
REVIEWS = ("review_files", "check_information", "check_formats", "check_classrooms")
DESCRIPTIONS = sorted(path.stem for path in (TEMPLATES / "subtasks/dde").glob("[!_]*.j2"))
SITUATIONS: dict[str, dict[str, Any]] = {
    "round 2": {},
    "round 1": {"round": 1},
    "round 3": {"round": 3},
    "no day": {"due": None, "contact": "", "next_step": ""},
    "day passed": {"due": datetime(2026, 1, 5, 23, tzinfo=UTC)},
    "next year": {"due": datetime(2027, 1, 4, 23, tzinfo=UTC)},
    "district's turn": {"turn": "district", "keyword": "FILES READY", "round": 0, "team": "the district"},
    "both": {"turn": "both", "keyword": "FILES READY", "round": 0},
    "nobody's turn": {"turn": "", "team": "", "round": 0, "due": None, "next_step": ""},
    "same review": {"asked_by": "Quality Review", "return_title": "Quality Review", "step": "Quality Review"},
    "nothing optional": {"asked_by": "", "return_title": "", "goal": "", "days": 0, "reviewing": False},
    "to confirm": {"turn": "district", "keyword": "CONFIRM", "round": 0},
    "many findings": {"findings": tuple(f"Row {n}: the SLA |status| is due at 3:30" for n in range(60))},
}
PUBLIC = (*KEYWORD, "status")
EMPTY = Process("dde", "DDE", "DDE", "Set-Up", None, "cli", "Waiting", {"done": "Done"}, ())


def public(name: str, **facts: Any) -> str:
    """A public comment, as it would be sent."""
    return WORDS.comment("dde", PostComment((), name, True, {**SAMPLE, **facts}))


def own(text: str) -> str:
    """The comment's own words: without the findings, which reviewers wrote."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("* "))


def test_every_public_template_is_read_here() -> None:
    """A new public template must be added to this file."""
    assert {path.stem for path in (TEMPLATES / "comments/dde").glob("*.j2")} == set(KEYWORD)


def test_nothing_is_wrong_with_them() -> None:
    """Every public template passes the proofreading that `check` does, with the texts of the office."""
    wanted = [Wanted(name, True, limit=200 if name == "files_need_revision" else 130) for name in PUBLIC]
    assert WORDS.check(EMPTY, [*wanted, *OWN]) == []


@pytest.mark.parametrize("name", PUBLIC)
def test_form_of_a_public_comment(name: str) -> None:
    """Whatever the facts: the district in the first line, short, no minute, no box, no word of staff."""
    for situation, district in itertools.product(SITUATIONS, DISTRICTS):
        text = public(name, **{"district": district, **SITUATIONS[situation]})
        for link in OFFICE.values():
            text = text.replace(link, "LINK")
        words, case = own(text), f"{situation}: {text}"
        room = len(escape(district).split()) * words.count(escape(district))  # a long name is not our wordiness
        assert escape(district) in text.splitlines()[0], case
        assert len(words.replace("# ", "").split()) - room <= (200 if name == "files_need_revision" else 130), case
        assert not re.search(r"\d:\d\d", words), case
        assert not re.search(r"(?i)\b(sub-?tasks?|transition\w*|status|slas?|breach\w*|due|none)\b", words), case
        assert not re.search(r"(?m)^\|", text), case
        assert not re.search(r"(?<!\\)[{}\[\]!|]|https?:|[\U0001F300-\U0001FAFF\u2600-\u27BF]", text), case
        assert not re.search(r" [.,:;]|\.\.|,\.|\bthe the\b", words.replace(escape(district), "X")), case
        assert "\n\n\n" not in text, case


@pytest.mark.parametrize("name", KEYWORD)
def test_one_ask_one_keyword(name: str) -> None:
    """A comment asks for one answer at most, by one keyword, said once."""
    found = re.findall(r"\b[A-Z]{5,}(?: [A-Z]+)*\b", public(name, district="Ed"))
    assert found == ([KEYWORD[name]] if KEYWORD[name] else [])


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("due", [None, datetime(2026, 1, 9, 16, 11, tzinfo=UTC)])
def test_no_day_is_promised_that_is_not_ahead(name: str, due: datetime | None) -> None:
    """Without a day to come, the sentence about it is left out."""
    text = public(name, due=due, findings=())
    assert "Central Time" not in text
    assert not re.search(r"\bby the\b", text)


OURS = ("securestor_folder", "files_noted", "files_received", "quality_review", "file_preparation",
        "files_in_production", "status")  # fmt: skip


@pytest.mark.parametrize("name", OURS)
def test_we_expect_a_day(name: str) -> None:
    """Where we act, the district reads by which day we expect to be done."""
    text = public(name)
    assert re.search(r"We expect .*to .* by the end of Tuesday, January 13 \(Central Time\)\.", text)


@pytest.mark.parametrize("name", ["files_received", "files_need_revision", "quality_review", "file_preparation"])
def test_sets_are_counted_from_the_second(name: str) -> None:
    """The first set is just "the files"; later ones have their number."""
    assert "set of files" not in public(name, round=1)
    assert "the 2nd set of files" in public(name, round=2).replace("The", "the")
    assert "the 3rd set of files" in public(name, round=3).replace("The", "the")


def test_feedback_has_every_finding_as_a_bullet() -> None:
    """All findings go out, one bullet each, and the steps to take are numbered."""
    text = public("files_need_revision", findings=("one", "[two]", "three"))
    assert [line for line in text.splitlines() if line.startswith("* ")] == ["* one", r"* \[two\]", "* three"]
    assert len(re.findall(r"(?m)^# ", text)) == 3


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        ("district", "it is your turn"),
        ("both", "it is your turn and ours"),
        ("team", "it is our turn (CLI Help Center)"),
    ],
)
def test_the_answer_to_status_says_whose_turn_it_is(turn: str, words: str) -> None:
    """The first line of the answer names step and turn; what is next is said where known."""
    text = public("status", turn=turn)
    assert words in text.splitlines()[0]
    assert SAMPLE["step"] in text.splitlines()[0]
    assert SAMPLE["next_step"] in text
    assert "step after" not in public("status", turn=turn, next_step="")


def test_the_answer_to_status_speaks_of_a_review_only_in_one() -> None:
    """The set of files is named while it is under review, and not before or after."""
    assert "2nd set of files" in public("status")
    assert "2nd set of files" in public("status", turn="both")
    assert "set of files" not in public("status", round=0)
    assert "set of files" not in public("status", reviewing=False)


def test_a_review_counts_as_a_round_in_the_teams_turn_by_default() -> None:
    """Facts that do not say whether files are under review are read by round and turn."""
    facts = {name: value for name, value in SAMPLE.items() if name != "reviewing"}
    for turn, counted in (("team", True), ("district", False), ("both", False)):
        text = WORDS.comment("dde", PostComment((), "status", True, {**facts, "turn": turn}))
        assert ("2nd set of files" in text) == counted


ANSWERS = ("order_obeyed", "order_refused", "standing", "help", "explanation", "closed_day", "hold_over")


@pytest.mark.parametrize("name", [want.name for want in OWN if not want.public])
def test_internal_comments_name_the_district_first(name: str) -> None:
    """Staff see in the first line what happened and who acts, with all facts there or none."""
    for facts in (STAFF_SAMPLE, {**SAMPLE, "round": 0, "team": "", "status": "Quality Review"}):
        text = WORDS.comment("dde", PostComment((), name, False, facts))
        asks = re.search(r"please|Nobody needs to act", text.splitlines()[0])
        assert asks or name in ANSWERS  # whoever asked the bot knows what they want
        assert "None" not in text
    if name not in ("parked", "broken_ledger", "move_undone"):
        assert SAMPLE["district"] in text.splitlines()[0]


def test_overdue_mentions_the_team_with_the_minute() -> None:
    """The overdue comment mentions each account and says since when, to the minute."""
    text = WORDS.comment("dde", PostComment((), "overdue", False, {**STAFF_SAMPLE, "accounts": ("a", "b")}))
    assert text.startswith("[~accountid:a] [~accountid:b], please act: Initial File Review, set 2 for ")
    assert "is overdue since Tue Jan 13, 2026, 5:00 PM Central Time." in text


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"again": True},
            ", please act: Initial File Review, set 2 for Bluebonnet Valley ISD is still overdue, since Tue",
        ),
        (
            {"since": None, "share": 50},
            " for Bluebonnet Valley ISD has used half of its time. It is due on Tue Jan 13, 2026, ",
        ),
        ({"since": None, "share": 75}, " has used three quarters of its time. "),
        ({"since": None, "share": 90}, " has used 90% of its time. "),
        ({"since": None, "again": True}, " is not finished yet, and is due on Tue Jan 13, 2026, 5:00 PM Central Time."),
    ],
)
def test_the_note_on_the_time_fits_the_moment(facts: dict[str, object], words: str) -> None:
    """Only what is overdue is called so."""
    text = WORDS.comment("dde", PostComment((), "overdue", False, {**STAFF_SAMPLE, **facts}))
    assert words in text
    assert ("overdue" in text) == ("since" not in facts)


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_descriptions_tell_what_to_do(name: str) -> None:
    """A subtask tells a new colleague what to do, and when it is Done."""
    for contact in ("Dana Reyes", ""):
        item = NewSubtask("1", "a", "{{ district }}", name, (), {**SAMPLE, "contact": contact})
        summary, description = WORDS.subtask("dde", item)
        assert summary == SAMPLE["district"]
        assert "Done" in description
        assert "()" not in description
    assert ("Needs Revision" in description and '"Findings:"' in description) == (
        name in REVIEWS or name == "test_update"
    )
    assert ("Not Received" in description) == (name in REVIEWS)
    assert ("set 2" in description) == (name in REVIEWS or name == "prepare_upload")
    assert (
        "set 0" not in WORDS.subtask("dde", NewSubtask("1", "a", "s", "prepare_upload", (), {**SAMPLE, "round": 0}))[1]
    )


# -- the office's own texts


@pytest.mark.parametrize("name", ["requirements", "confirm_files"])
def test_the_requirements_are_a_link_that_works(name: str) -> None:
    """The address is alone at the end of its line, as it is, so that mail makes it clickable."""
    assert f"The requirements: {OFFICE['requirements']}" in public(name).splitlines()


@pytest.mark.parametrize("name", ["securestor_folder", "not_received"])
def test_help_with_securestor_is_linked_where_there_is_such_a_page(name: str) -> None:
    """Without a page to link, the line is left out."""
    assert f"Help with SecureStor: {OFFICE['securestor_help']}" in public(name).splitlines()
    assert "Help with" not in BARE_WORDS.comment("dde", PostComment((), name, True, SAMPLE))


def test_requirements_are_never_invented() -> None:
    """Without the office's text there is no such comment, and `check` says what is missing where."""
    with pytest.raises(TemplateFault, match=r"bot\.yaml gives no text 'requirements'"):
        BARE_WORDS.comment("dde", PostComment((), "requirements", True, SAMPLE))
    complaint, *others = BARE_WORDS.check(EMPTY, [Wanted("requirements", public=True)])
    assert (complaint.template, others) == ("comments/dde/requirements.j2", [])
    assert complaint.line > 1
    assert "requirements" in complaint.message


def test_the_question_goes_out_without_the_requirements_too() -> None:
    """Where the requirements were sent in another way, the question alone refers to them."""
    text = BARE_WORDS.comment("dde", PostComment((), "confirm_files", True, SAMPLE))
    assert "the DDE requirements that we sent you" in text


# -- what single comments must say


def test_the_folder_comment_names_all_that_is_to_be_prepared() -> None:
    """Three files, the identification numbers, SecureStor's own mail, and where student data belongs."""
    text = public("securestor_folder")
    for words in ("student file, a class file and a teacher file", "identification numbers", "SecureStor sends you"):
        assert words in text
    assert "student data only through SecureStor" in text


def test_after_a_quality_review_the_new_files_pass_both_reviews() -> None:
    """The feedback says which review comes first, which after it, and why; and how long we take."""
    text = public("files_need_revision", goal="3 business days")
    assert 'first pass the step "Initial File Review" again, and then come back to the step "Quality Review"' in text
    assert "so that nothing that was right before has changed" in text
    assert "(3 business days) starts again" in text
    received = public("files_received")
    assert 'they go back to the step "Quality Review"' in received


def test_a_review_that_asked_for_itself_says_nothing_of_another() -> None:
    """Files that come back to the review that wanted them pass no other first."""
    same = {"asked_by": "Initial File Review", "return_title": "Initial File Review"}
    assert "again, and then" not in public("files_need_revision", **same)
    assert "go back" not in public("files_received", **same)
    assert "20 business hours" in public("files_need_revision", goal="")


def test_the_quality_review_begins_with_what_really_happened() -> None:
    """Files come from the initial review or, in the other reading, straight from the district."""
    came_back = {"step": "Quality Review", "asked_by": "Quality Review"}
    passed = "The 2nd set of files of Bluebonnet Valley ISD has passed the Initial File Review"
    assert public("quality_review", **came_back, return_title="Initial File Review").startswith(passed)
    assert public("quality_review", **came_back, return_title="Quality Review").startswith("We have received the 2nd")


def test_production_asks_for_the_nightly_export() -> None:
    """How long the rosters take, until which day, and what the district keeps doing."""
    text = public("files_in_production", goal="2 business days")
    for words in ("over 2 business days", "by the end of Tuesday, January 13", "nightly export", "start it now"):
        assert words in text
    assert "over two business days" in public("files_in_production", goal="")
    assert "every night" in public("done")


@pytest.mark.parametrize("keyword", ["CONFIRM", "FILES READY", ""])
def test_a_reminder_asks_for_what_is_open(keyword: str) -> None:
    """By its keyword, or by pointing at the last message; new files are called corrected."""
    text = public("reminder", keyword=keyword, round=0, turn="district")
    assert re.findall(r"\b[A-Z]{5,}(?: [A-Z]+)*\b", text) == ([keyword] if keyword else [])
    assert "still your turn" in text.splitlines()[0]
    assert "corrected" not in text
    if keyword == "FILES READY":
        assert "your corrected files" in public("reminder", keyword=keyword, round=2)


def test_staff_read_whom_to_phone_and_since_when() -> None:
    """The note for a call names the contact, the days and what is open."""
    effect = PostComment((), "phone_district", False, {**STAFF_SAMPLE, "days": 15, "keyword": "FILES READY"})
    text = WORDS.comment("dde", effect)
    assert "please phone Dana Reyes of Bluebonnet Valley ISD" in text
    assert "for 15 business days" in text
    assert "What we wait for: FILES READY" in text


def test_every_word_that_a_template_may_name_is_in_the_docs() -> None:
    """Who changes the words finds each fact and filter in one page."""
    page = (TEMPLATES.parent / "docs/words.md").read_text(encoding="utf-8")
    missing = [name for name in (*STAFF_SAMPLE, "office", "link", "bullets", "mentions") if f"`{name}" not in page
               and f"|{name}`" not in page]  # fmt: skip
    assert missing == []
