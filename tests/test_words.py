"""Every comment that a district can get is short, plain mail that says what happened and whose turn it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.effects import NewSubtask, PostComment
from bot.render import OWN, SAMPLE, STAFF_SAMPLE, Words
from bot.wiki import escape

TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True)
class Zone:
    zone: str = "America/Chicago"
    spoken: str = "Central Time"


WORDS = Words(TEMPLATES, {"cli": Zone()}, "https://help.example.org")
KEYWORD = {
    "confirm_files": "CONFIRM",
    "securestor_folder": None,
    "folder_ready": "FILES READY",
    "files_noted": "FILES READY",
    "files_received": None,
    "files_need_revision": "FILES READY",
}
DISTRICTS = (
    "Ed",
    "Bluebonnet Valley ISD",
    "The Consolidated Independent School District of Upper San Felipe and the Hill Country Villages",
    "O'Brien & Søns #1 {panel} [~accountid:x] *ISD* | Nord-Süd",
)
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
    "many findings": {"findings": tuple(f"Row {n}: the SLA |status| is due at 3:30" for n in range(60))},
}
PUBLIC = (*KEYWORD, "status")


def public(name: str, **facts: Any) -> str:
    """A public comment, as it would be sent."""
    return WORDS.comment("dde", PostComment((), name, True, {**SAMPLE, **facts}))


def own(text: str) -> str:
    """The comment's own words: without the findings, which reviewers wrote."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("* "))


def test_every_public_template_is_read_here() -> None:
    """A new public template must be added to this file."""
    assert {path.stem for path in (TEMPLATES / "comments/dde").glob("*.j2")} == set(KEYWORD)


@pytest.mark.parametrize("district", DISTRICTS)
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("name", PUBLIC)
def test_form_of_a_public_comment(name: str, situation: str, district: str) -> None:
    """Whatever the facts: the district in the first line, short, no minute, no box, no word of staff."""
    text = public(name, **{"district": district, **SITUATIONS[situation]})
    words = own(text)
    room = len(escape(district).split()) * words.count(escape(district))  # a long name is not our wordiness
    assert escape(district) in text.splitlines()[0]
    assert len(words.replace("# ", "").split()) - room <= (200 if name == "files_need_revision" else 130)
    assert not re.search(r"\d:\d\d", words)
    assert not re.search(r"(?i)\b(sub-?tasks?|transition\w*|status|slas?|breach\w*|due|none)\b", words)
    assert not re.search(r"(?m)^\|", text)
    assert not re.search(r"(?<!\\)[{}\[\]!|]|https?:|[\U0001F300-\U0001FAFF\u2600-\u27BF]", text)
    assert not re.search(r" [.,:;]|\.\.|,\.|\bthe the\b", words.replace(escape(district), "X"))
    assert "\n\n\n" not in text


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


@pytest.mark.parametrize("name", ["securestor_folder", "files_noted", "files_received", "status"])
def test_we_expect_a_day(name: str) -> None:
    """Where we act, the district reads by which day we expect to be done."""
    text = public(name)
    assert re.search(r"We expect to .* by the end of Tuesday, January 13 \(Central Time\)\.", text)


@pytest.mark.parametrize("name", ["files_received", "files_need_revision"])
def test_sets_are_counted_from_the_second(name: str) -> None:
    """The first set is just "the files"; later ones have their number."""
    assert "set of files" not in public(name, round=1)
    assert "the 2nd set of files" in public(name, round=2)
    assert "the 3rd set of files" in public(name, round=3)


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
    assert "set of files" not in public("status", round=0)
    assert "set of files" not in public("status", turn="district")


@pytest.mark.parametrize("name", [want.name for want in OWN if not want.public])
def test_internal_comments_name_the_district_first(name: str) -> None:
    """Staff see in the first line what happened and who acts, with all facts there or none."""
    for facts in (STAFF_SAMPLE, {**SAMPLE, "round": 0, "team": "", "status": "Quality Review"}):
        text = WORDS.comment("dde", PostComment((), name, False, facts))
        assert re.search(r"please|Nobody needs to act", text.splitlines()[0])
        assert "None" not in text
    if name not in ("parked", "broken_ledger", "move_undone"):
        assert SAMPLE["district"] in text.splitlines()[0]


def test_overdue_mentions_the_team_with_the_minute() -> None:
    """The overdue comment mentions each account and says since when, to the minute."""
    text = WORDS.comment("dde", PostComment((), "overdue", False, {**STAFF_SAMPLE, "accounts": ("a", "b")}))
    assert text.startswith("[~accountid:a] [~accountid:b], please act: Initial File Review, set 2 for ")
    assert "is overdue since Tue Jan 13, 2026, 5:00 PM Central Time." in text


@pytest.mark.parametrize("name", ["create_folder", "upload_files", "review_files"])
def test_descriptions_tell_what_to_do(name: str) -> None:
    """A subtask tells a new colleague what to do, and when it is Done."""
    for contact in ("Dana Reyes", ""):
        item = NewSubtask("1", "a", "{{ district }}", name, (), {**SAMPLE, "contact": contact})
        summary, description = WORDS.subtask("dde", item)
        assert summary == SAMPLE["district"]
        assert "Done" in description
        assert "()" not in description
    assert ("Needs Revision" in description and '"Findings:"' in description) == (name == "review_files")
