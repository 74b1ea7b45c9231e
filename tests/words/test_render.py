"""Text from tickets stays text, moments are said as days, and a template's mistake has a place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.model.effects import NewSubtask, PostComment
from bot.core.model.process import Branch, Process, Revision, Step
from bot.words.render import OWN, SAMPLE, STAFF_SAMPLE, TemplateFault, Unfit, Words
from bot.words.wiki import Wiki, bullets, escape, mention, mentions, ordinal, preformatted

SHIPPED = Path(__file__).parents[2] / "templates"
SITE = "https://help.example.org/"
MARKUP = "-#*_+?^~|{}[]()!@"


@dataclass(frozen=True)
class Zone:
    zone: str
    spoken: str


ZONES = {"cli": Zone("America/Chicago", "Central Time"), "west": Zone("America/Los_Angeles", "Pacific Time")}
Say = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("comments/dde", "comments/any", "subtasks/dde"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def say(folder: Path) -> Say:
    """Renders a template given as text, with sample facts and changes to them."""

    def render(source: str, public: bool = True, **facts: Any) -> str:
        (folder / "comments/dde/one.j2").write_text(source, encoding="utf-8")
        effect = PostComment((), "one", public, {**STAFF_SAMPLE, **facts})
        return Words(folder, ZONES, SITE).comment("dde", effect)

    return render


def as_jira_reads(markup: str) -> tuple[str, str]:
    """What a reader sees of one value, and the characters in it that Jira takes for markup; the rule is the one
    of Jira's own renderer: a backslash counts unless another stands before it."""
    shown = re.sub(r"(?<!\\)\\[-#*_+?^~|%{}\[\]()!@]", lambda found: chr(0xE000 + ord(found.group()[1])), markup)
    active = "".join(c for c in shown if c in MARKUP)
    plain = "".join(chr(ord(c) - 0xE000) if 0xE000 <= ord(c) < 0xE080 else c for c in shown)
    return plain.replace("\u200b", ""), active


WICKED = st.text(alphabet=st.sampled_from(MARKUP + "\\ \n\t:/&;#h1.bqwDPxmailto%\u202e\u2028"), max_size=30)
ANY = st.text(alphabet=st.characters(exclude_characters="\u200b", exclude_categories=["Co"]), max_size=30)


# -- text stays text


@given(WICKED | ANY)
@example("\\[~accountid:5b10]")
@example("\\\\[~admin]")
@example("{code}!x.png!{code}")
@example("ends in a backslash\\")
def test_no_text_is_ever_markup(text: str) -> None:
    """Whatever people write, Jira sees no active character in it, and no line of its own."""
    markup = escape(text)
    _, active = as_jira_reads(f"{markup}.")
    assert active == ""
    assert len(markup.splitlines()) <= 1
    assert "\\\\" not in markup
    assert not re.match(r"(h[1-6]|bq)\.", markup, re.IGNORECASE)
    assert not re.search(r"://|mailto:\S|\bwww\.|&#?\w+;", markup.replace("mailto:\u200b", ""))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\u200b", exclude_categories=["Co"])))
def test_a_reader_sees_what_was_written(text: str) -> None:
    """Escaping changes no visible character: only spaces, line breaks and hidden signs are put in order."""
    hidden = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    breaks = ("Cc", "Zl", "Zp")
    kept = "".join(" " if unicodedata.category(c) in breaks else c for c in text if c not in hidden)
    assert as_jira_reads(escape(text))[0] == " ".join(kept.split())


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("O'Brien & Sons ISD", "O'Brien & Sons ISD"),
        ("[~accountid:5b10]", r"\[\~accountid:5b10\]"),
        ("{panel}", r"\{panel\}"),
        ("a\n* b\r\n# c", r"a \* b \# c"),
        ("---- |x|", r"\-\-\-\- \|x\|"),
        ("h1. Big", "h1\u200b. Big"),
        ("https://evil.example", "https:\u200b//evil.example"),
        (r"C:\export\students.csv", r"C:\export\students.csv"),
        (r"\*", "\\\u200b\\*"),
        ("a\u202eb\u2028c\ufeff", "ab c"),
        ("half \ud800", "half \ufffd"),
        (":D &#91;", ":\u200bD &\u200b\\#91;"),
    ],
)
def test_escapes(text: str, markup: str) -> None:
    """The escapes are Jira's backslash, and a space of no width where Jira knows no backslash."""
    assert escape(text) == markup


def test_every_variable_is_escaped_and_markup_of_ours_is_not(say: Say) -> None:
    """A template's own text is markup; a fact in it never is, also through a filter or `safe`."""
    text = say("# {{ district }}|{{ district|upper }}|{{ district|safe }}", district="*a*")
    assert text == r"# \*a\*|\*A\*|\*a\*"


def test_markup_loses_its_mark_when_joined_with_text(say: Say) -> None:
    """Text glued to markup is text again, so nothing slips through behind a mention."""
    assert say("{{ (accounts[0]|mention) ~ district }}", accounts=("a1",), district="[x]").startswith(r"\[\~")
    assert not isinstance(Wiki("a") + "b", Wiki)


def test_facts_are_all_that_a_template_can_reach(say: Say) -> None:
    """Templates run in a sandbox, without globals."""
    for source in ("{{ district.__class__.__mro__ }}", "{{ range(9)|list|length }}", "{{ lipsum() }}"):
        with pytest.raises(TemplateFault):
            say(source)


# -- filters


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-01-13T17:00-06:00", "the end of Tuesday, January 13 (Central Time)"),
        ("2026-01-13T10:20-06:00", "the end of Tuesday, January 13 (Central Time)"),
        ("2026-01-14T05:30+00:00", "the end of Tuesday, January 13 (Central Time)"),
        ("2026-01-14T00:00-06:00", "the end of Tuesday, January 13 (Central Time)"),
        ("2026-07-01T17:00-05:00", "the end of Wednesday, July 1 (Central Time)"),
        ("2027-01-04T17:00-06:00", "the end of Monday, January 4, 2027 (Central Time)"),
    ],
)
def test_a_district_reads_a_day(say: Say, moment: str, words: str) -> None:
    """A moment is said as its day in the calendar's zone, midnight as the day before, the year where it is new."""
    assert say("{{ due|day }}", due=datetime.fromisoformat(moment)) == words


def test_the_zone_is_the_one_of_the_facts(say: Say) -> None:
    """The calendar that the facts name gives the zone and its name."""
    late = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
    assert say("{{ due|day }}", due=late, calendar="west") == "the end of Tuesday, January 13 (Pacific Time)"
    assert say("{{ due|day }}", due=late) == "the end of Wednesday, January 14 (Central Time)"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-01-13T15:30-06:00", "Tue Jan 13, 2026, 3:30 PM Central Time"),
        ("2026-01-13T00:05-06:00", "Tue Jan 13, 2026, 12:05 AM Central Time"),
        ("2026-07-13T12:00-05:00", "Mon Jul 13, 2026, 12:00 PM Central Time"),
    ],
)
def test_staff_read_a_minute(say: Say, moment: str, words: str) -> None:
    """Internal comments say the minute."""
    assert say("{{ since|moment }}", public=False, since=datetime.fromisoformat(moment)) == words


def test_ahead_means_still_to_come(say: Say) -> None:
    """A moment is ahead when there is one and `now` has not reached it."""
    source = "{{ 'yes' if due is ahead else 'no' }}"
    now = datetime(2026, 1, 9, tzinfo=UTC)
    assert say(source, now=now, due=datetime(2026, 1, 10, tzinfo=UTC)) == "yes"
    assert say(source, now=now, due=now) == "no"
    assert say(source, now=now, due=None) == "no"


def test_mentions() -> None:
    """An account becomes a mention, and only an account does."""
    assert mention("712020:ab-1") == "[~accountid:712020:ab-1]"
    assert mentions(("a", "b")) == "[~accountid:a] [~accountid:b]"
    with pytest.raises(ValueError, match="no account id"):
        mention("a] [~b")


def test_bullets_are_one_line_each() -> None:
    """Each finding is one line, escaped, without the bullet that its writer gave it; empty ones are left out."""
    assert bullets(("- no *ids*", "two\nlines", " ", "* ", "-5 students")) == (
        "* no \\*ids\\*\n* two lines\n* \\-5 students"
    )
    with pytest.raises(TypeError, match="list"):
        bullets("text")


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (22, "22nd")],
)
def test_ordinal(number: int, text: str) -> None:
    """Numbers are counted as in English."""
    assert ordinal(number) == text


def test_blank_lines_and_spaces_are_put_in_order(say: Say) -> None:
    """What conditions leave behind is tidied: one blank line at most, no spaces at the ends."""
    assert say("\n a  b \n\n\n{% if due %}{% endif %}\n\nc\n\n") == "a b\n\nc"


# -- templates


def test_a_process_has_its_own_words_or_those_for_any(folder: Path) -> None:
    """The process's own template is taken before the one for any process."""
    (folder / "comments/any/hello.j2").write_text("any")
    effect = PostComment((), "hello", True, SAMPLE)
    assert Words(folder, ZONES).comment("dde", effect) == "any"
    (folder / "comments/dde/hello.j2").write_text("own")
    assert Words(folder, ZONES).comment("dde", effect) == "own"
    assert Words(folder, ZONES).comment("ods", effect) == "any"


def test_words_stay_as_they_were_read(folder: Path) -> None:
    """A changed file counts for the next Words, so that good words stay until better ones were checked."""
    path = folder / "comments/any/hello.j2"
    path.write_text("old")
    words, effect = Words(folder, ZONES), PostComment((), "hello", True, SAMPLE)
    path.write_text("{% bad")
    assert words.comment("dde", effect) == "old"
    assert Words(folder, ZONES).version != words.version
    path.write_text("old")
    assert Words(folder, ZONES).version == words.version


@pytest.mark.parametrize(
    ("source", "line", "problem"),
    [
        ("a\n{{ distrikt }}", 2, "distrikt"),
        ("a\n\n{% if %}", 3, "Expected"),
        ("{{ due }}", 1, "filter 'day'"),
        ("x\n{{ started|day }}", 2, "no moment"),
        ("{{ started }}", 1, "ask {% if"),
        ("{{ findings }}", 1, "bullets"),
        ("{{ due|daay }}", 1, "daay"),
        ("{{ accounts|mentions }}", 1, "no account id"),
        ('{% include "comments/any/none.j2" %}', 0, "none.j2"),
    ],
)
def test_a_fault_names_template_line_and_problem(say: Say, source: str, line: int, problem: str) -> None:
    """A template that cannot be rendered says where and why."""
    with pytest.raises(TemplateFault) as caught:
        say(source, public=False, started=None, accounts=("not one",))
    assert (caught.value.template, caught.value.line) == ("comments/dde/one.j2", line)
    assert problem in caught.value.problem
    assert "comments/dde/one.j2" in str(caught.value)


def test_a_missing_template_proposes_the_nearest(folder: Path) -> None:
    """A name that is nearly right is answered with the right one."""
    (folder / "comments/any/status.j2").write_text("x")
    with pytest.raises(TemplateFault, match="did you mean 'status'"):
        Words(folder, ZONES).comment("dde", PostComment((), "statuss", True, SAMPLE))


def test_an_unknown_calendar_is_a_fault(say: Say) -> None:
    """A day cannot be said without knowing where."""
    with pytest.raises(TemplateFault, match="no calendar 'moon'"):
        say("{{ due|day }}", calendar="moon")


@pytest.mark.parametrize(
    "link",
    [
        "https://help.example.org/browse/DDE-1",
        "HELP.example.org/jira/x",
        "http://help.example.org/secure/A.jspa",
        "https://help.example.org/servicedesk/agent/DDE",
    ],
)
def test_the_staffs_view_stays_with_staff(say: Say, link: str) -> None:
    """A public comment never links into what only staff can open, also not by a finding; an internal one may."""
    with pytest.raises(Unfit, match="staff's view"):
        say(link)
    with pytest.raises(Unfit, match="staff's view"):
        say("{{ findings|bullets }}", findings=(f"see {link}",))
    assert say(link, public=False)


def test_the_portal_may_be_linked(say: Say) -> None:
    """The customers' portal is no staff's view, and neither is another site."""
    assert say("https://help.example.org/servicedesk/customer/portal/1")
    assert say("https://other.example.org/projects/")


def test_public_comments_mention_nobody(say: Say) -> None:
    """A mention is for staff; a quoted one is only text."""
    with pytest.raises(Unfit, match="mention"):
        say("{{ accounts|mentions }}", accounts=("a",))
    assert say("{{ note }}", note="[~accountid:a]") == r"\[\~accountid:a\]"


def test_what_jira_would_refuse_is_not_sent(say: Say) -> None:
    """Too long or empty is unfit."""
    with pytest.raises(Unfit, match="32,000"):
        say("{{ note }}", note="x" * 32_001)
    with pytest.raises(Unfit, match="empty"):
        say("{{ next_step }}", next_step="")


# -- the office's texts


def with_office(folder: Path, source: str, **office: str) -> str:
    (folder / "comments/dde/one.j2").write_text(source)
    return Words(folder, ZONES, SITE, office).comment("dde", PostComment((), "one", True, SAMPLE))


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        (
            "https://cli.example.org/dde_files/set-up.pdf?x=1&y=a+b#p;2",
            "https://cli.example.org/dde_files/set-up.pdf?x=1&y=a+b#p;2",
        ),
        ("  http://cli.example.org/a/~b/\n", "http://cli.example.org/a/~b/"),
        ("https://cli.example.org/{panel}", r"https:\u200b//cli.example.org/\{panel\}".replace(r"\u200b", "\u200b")),
        ("https://cli.example.org/a|b", "https:\u200b//cli.example.org/a\\|b"),
        ("https://cli.example.org/!x.png!", "https:\u200b//cli.example.org/\\!x.png\\!"),
        ("https://good@evil.example/", "https:\u200b//good\\@evil.example/"),
        ("javascript:alert(1)", r"javascript:alert\(1\)"),
        ("Call us.\n\n* first\n* second", "Call us.\n\\* first\n\\* second"),
    ],
)
def test_a_link_is_clickable_or_text(folder: Path, text: str, markup: str) -> None:
    """An address without markup stays as it is; anything else is text, whatever it looks like."""
    assert with_office(folder, "{{ office.requirements|link }}", requirements=text) == markup


@pytest.mark.parametrize("office", [{}, {"requirements": ""}, {"requirements": " \n"}, {"securestor_help": "x"}])
def test_what_the_office_did_not_say_is_not_said(folder: Path, office: dict[str, str]) -> None:
    """An unset or empty text is a fault at its line as soon as it is used, by a filter too."""
    for use in (
        "{{ office.requirements }}",
        "{{ office.requirements|link }}",
        "{% if office.requirements %}x{% endif %}",
    ):
        with pytest.raises(TemplateFault, match="'requirements'") as caught:
            with_office(folder, f"a\n{use}", **office)
        assert (caught.value.template, caught.value.line) == ("comments/dde/one.j2", 2)


def test_a_text_may_be_asked_for_first(folder: Path) -> None:
    """A template that asks with `is defined` does without the text."""
    source = "a{% if office.help is defined %} {{ office.help }}{% endif %}"
    assert with_office(folder, source) == "a"
    assert with_office(folder, source, help="b*c") == r"a b\*c"


def test_the_office_is_nothing_but_its_texts(folder: Path) -> None:
    """No method or hidden part of the mapping can be reached, and facts cannot take its place."""
    for name in ("items", "keys", "_texts", "__class__"):
        with pytest.raises(TemplateFault):
            with_office(folder, f"{{{{ office.{name} }}}}", help="b")
    (folder / "comments/dde/one.j2").write_text("{{ office.help }}")
    effect = PostComment((), "one", True, {**SAMPLE, "office": {"help": "false"}})
    assert Words(folder, ZONES, SITE, {"help": "true"}).comment("dde", effect) == "true"


def test_the_offices_link_may_not_lead_into_the_staffs_view(folder: Path) -> None:
    """What bot.yaml says passes the same guard as anything else that is public."""
    with pytest.raises(Unfit, match="staff's view"):
        with_office(folder, "{{ office.help|link }}", help="https://help.example.org/browse/DDE-1")
    assert with_office(folder, "{{ office.help|link }}", help="https://help.example.org/wiki/x")


def test_subtasks_may_name_the_office_too(folder: Path) -> None:
    """Summaries and descriptions know its texts."""
    (folder / "subtasks/dde/todo.j2").write_text("{{ office.help|link }}")
    item = NewSubtask("1:2:subtask:a", "a", "See {{ office.help }}", "todo", (), SAMPLE)
    words = Words(folder, ZONES, SITE, {"help": "https://a.example/b"})
    assert words.subtask("dde", item) == ("See https://a.example/b", "https://a.example/b")


@pytest.mark.parametrize(
    ("taken", "summary"),
    [
        ((), "Make the folder"),
        (("Make the folder",), "Make the folder (again)"),
        (("Make the folder", "Make the folder (again)"), "Make the folder (again, 3)"),
    ],
)
def test_a_subtask_of_another_pass_says_again(tmp_path: Path, taken: tuple[str, ...], summary: str) -> None:
    """Two subtasks of one ticket are never called the same."""
    item = NewSubtask("1", "folder", "Make the folder", None, (), dict(SAMPLE))
    assert Words(tmp_path, ZONES).subtask("dde", item, taken)[0] == summary


def test_again_fits_into_the_longest_summary(tmp_path: Path) -> None:
    item = NewSubtask("1", "folder", "x" * 300, None, (), dict(SAMPLE))
    words = Words(tmp_path, ZONES)
    first = words.subtask("dde", item)[0]
    second = words.subtask("dde", item, [first])[0]
    assert len(first) == len(second) == 255
    assert second.endswith(" (again)")


# -- an office's own templates


@pytest.fixture
def overrides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config") / "templates"
    for name in ("comments/dde", "comments/any", "subtasks/dde"):
        (folder / name).mkdir(parents=True)
    return folder


def test_an_offices_file_goes_before_the_shipped_one(overrides: Path) -> None:
    """One file is replaced, also where another includes it; all the rest stays as shipped."""
    (overrides / "comments/any/_team.j2").write_text("Friends")
    (overrides / "comments/dde/files_received.j2").write_text("Got the files of {{ district }}.")
    words = Words(SHIPPED, ZONES, SITE, {}, overrides)
    say = {name: words.comment("dde", PostComment((), name, name != "overdue", STAFF_SAMPLE))
           for name in ("files_received", "overdue", "folder_ready")}  # fmt: skip
    assert say["files_received"] == "Got the files of Bluebonnet Valley ISD."
    assert say["overdue"].startswith("Friends, please act")
    assert say["folder_ready"] == Words(SHIPPED, ZONES).comment("dde", PostComment((), "folder_ready", True, SAMPLE))
    assert words.check(process(), OWN) == []


def test_without_a_folder_of_its_own_an_office_has_the_shipped_words(tmp_path: Path) -> None:
    """The folder for own files need not exist."""
    assert Words(SHIPPED, ZONES, SITE, {}, tmp_path / "none").check(process(), OWN) == []


@pytest.mark.parametrize(
    ("file", "source", "line", "problem"),
    [
        ("comments/dde/files_received.j2", "{{ district }}\n{{ distrct }}", 2, "did you mean 'district'"),
        ("comments/dde/files_received.j2", "{{ district }}\n\n{% if %}", 3, "Expected"),
        ("comments/dde/files_received.j2", "Hello", 0, "does not name the district"),
        ("comments/any/_team.j2", "Hey\n{{ tem }}", 2, "did you mean 'team'"),
        ("comments/any/_team.j2", "Hey\n{% for %}", 2, "Expected"),
        ("comments/dde/files_recieved.j2", "{{ district }}", 0, "did you mean 'files_received'"),
        ("subtasks/dde/reveiw_files.j2", "{{ district }}", 0, "did you mean 'review_files'"),
    ],
)
def test_an_error_names_the_file_that_was_used(
    overrides: Path, file: str, source: str, line: int, problem: str
) -> None:
    """A mistake in an office's own file is reported with that file's path, also where it is only included, and also
    where its name is the mistake."""
    (overrides / file).write_text(source)
    found = Words(SHIPPED, ZONES, SITE, {}, overrides).check(process(description="review_files"), OWN)
    assert {(c.template, c.line) for c in found} == {(str(overrides / file), line)}
    assert problem in found[0].message


def test_a_file_that_is_no_text_is_a_fault(overrides: Path) -> None:
    """What cannot be read is reported like any other mistake, and only when it is needed."""
    path = overrides / "comments/dde/files_received.j2"
    path.write_bytes(b"\xff\xfe")
    words = Words(SHIPPED, ZONES, SITE, {}, overrides)
    assert words.comment("dde", PostComment((), "folder_ready", True, SAMPLE))
    with pytest.raises(TemplateFault, match="not UTF-8") as caught:
        words.comment("dde", PostComment((), "files_received", True, SAMPLE))
    assert caught.value.template == str(path)


# -- drafts


def test_a_draft_shows_staff_the_public_text() -> None:
    """The first line says how to send it; below it is the text as the district would get it."""
    words = Words(SHIPPED, ZONES, SITE)
    effect = PostComment((), "files_need_revision", False, SAMPLE)
    text = words.comment("dde", PostComment((), "files_need_revision", True, SAMPLE))
    head, blank, *quote = words.draft("dde", effect).splitlines()
    assert head == (
        "To be sent to the district (answer /send in an internal comment to post it, "
        "or /send with your own words below):"
    )
    assert (blank, quote) == ("", ["{quote}", *text.splitlines(), "{quote}"])


def test_a_draft_is_guarded_like_what_it_becomes(folder: Path) -> None:
    """What must not be sent is not drafted, and no fact can end the quote."""
    (folder / "comments/dde/one.j2").write_text("{{ findings|bullets }}")
    words = Words(folder, ZONES, SITE)
    with pytest.raises(Unfit, match="staff's view"):
        words.draft("dde", PostComment((), "one", True, {**SAMPLE, "findings": (f"{SITE}browse/DDE-1",)}))
    draft = words.draft("dde", PostComment((), "one", True, {**SAMPLE, "findings": ("{quote}",)}))
    assert draft.splitlines().count("{quote}") == 2
    with pytest.raises(Unfit, match="32,000"):
        words.draft("dde", PostComment((), "one", True, {**SAMPLE, "findings": ("x" * 31_990,)}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (" \n", "no words"),
        ("Hi [~accountid:a]", "mention"),
        (f"see {SITE}browse/A-1", "staff's"),
        ("x" * 32_001, "32,000"),
    ],
)
def test_edited_words_pass_the_guard(text: str, why: str) -> None:
    """What staff write in place of a draft may say anything but what a district must not get."""
    words = Words(SHIPPED, ZONES, SITE)
    with pytest.raises(Unfit, match=why):
        words.edited(text)
    assert words.edited("\nDear *all*,\n# one\n") == "Dear *all*,\n# one"


# -- subtasks


def make(folder: Path, summary: str, description: str | None = None, **facts: Any) -> tuple[str, str]:
    item = NewSubtask("1:2:subtask:a", "a", summary, description, (), {**SAMPLE, **facts})
    return Words(folder, ZONES).subtask("dde", item)


def test_a_summary_is_plain_and_one_short_line(folder: Path) -> None:
    """A summary is no markup: nothing is escaped, line breaks go, and it ends at 255 characters."""
    assert make(folder, "Review {{ district }} ({{ round }})", district="A-B\n*ISD*") == (
        "Review A-B *ISD* (2)",
        "",
    )
    summary, _ = make(folder, "{{ district }}", district="x" * 400)
    assert len(summary) == 255
    assert summary.endswith("…")


def test_a_description_is_markup(folder: Path) -> None:
    """A description comes from the process's folder and is escaped like a comment."""
    (folder / "subtasks/dde/todo.j2").write_text("# {{ district }}\n")
    assert make(folder, "s", "todo", district="a_b") == ("s", r"# a\_b")


def test_a_bad_summary_is_a_fault_or_unfit(folder: Path) -> None:
    """An unknown word in a summary, or an empty one, makes no subtask."""
    with pytest.raises(TemplateFault, match="distrikt"):
        make(folder, "{{ distrikt }}")
    with pytest.raises(Unfit, match="empty"):
        make(folder, "{{ contact }}", contact="")


# -- check


def process(say: str = "files_received", subtask: str = "Review {{ district }}", **branch: Any) -> Process:
    review = Branch("review", "help_center", subtask=subtask, **branch)
    step = Step(
        "review", "Initial File Review", "Review", ("help_center",), "done", say=say,
        branches=(review,), revision=Revision("review", "files_need_revision"),
    )  # fmt: skip
    return Process("dde", "DDE", "DDE", "Set-Up", None, "cli", "Waiting", {"done": "Done"}, (step,))


def test_the_shipped_words_are_sound() -> None:
    """Nothing is wrong with the templates as they come."""
    whole = process(description="review_files", done_by=("files_ready",), say_when_done="folder_ready")
    assert Words(SHIPPED, ZONES, SITE).check(whole, OWN) == []


def test_the_words_that_need_the_office_say_so() -> None:
    """Only the automatic answer to a request cannot do without bot.yaml's texts."""
    found = Words(SHIPPED, ZONES, SITE, {"requirments": "x"}).check(process("requirements"), OWN)
    assert [(c.template, c.place) for c in found] == [("comments/dde/requirements.j2", ("steps", "review", "say"))]
    assert "did you mean 'requirments'" in found[0].message
    assert Words(SHIPPED, ZONES, SITE, {"requirements": "x"}).check(process("requirements"), OWN) == []


def test_check_finds_every_mistake_at_its_place() -> None:
    """A missing template and an unknown word are reported with the nearest one, and with the key that names it."""
    found = Words(SHIPPED, ZONES).check(process("files_recieved", "Review {{ distrct }}", description="reviw_files"))
    found_at = {complaint.place: complaint for complaint in found}
    assert "'files_received'" in found_at["steps", "review", "say"].message
    assert "'review_files'" in found_at["steps", "review", "branches", "review", "description"].message
    summary = found_at["steps", "review", "branches", "review", "subtask"]
    assert (summary.line, summary.message) == (1, "unknown word 'distrct'; did you mean 'district'?")
    assert len(found) == 3


BAD: Mapping[str, str] = {
    "{{ district }} in 5 minutes, 10:30": "never a time of day",
    "Hello": "does not name the district",
    "{{ district }} is due": "'due'",
    "{{ district }}: CONFIRM or FILES READY": "one keyword",
    "{{ district }} {{ 'word ' * 140 }}": "too many",
    "{{ district }}\n||a||b||": "no table",
    "{{ district }} {{ due|day }}": "no moment",
    "{{ district }}\n{{ reason }}": "unknown word 'reason'",
    "{{ district }}\n{{ office.requirement }}": "bot.yaml gives no text 'requirement'",
    "{{ district }}\n{% if not due %}{{ office['rules']|link }}{% endif %}": "bot.yaml gives no text 'rules'",
    "{{ district }}\n{% for x in findings %}": "Unexpected end",
}


@pytest.mark.parametrize("source", BAD)
def test_check_reads_public_words_for_their_form(folder: Path, source: str) -> None:
    """Before the bot serves, words are refused that a district should not get."""
    for name in ("files_need_revision", "not_received"):
        (folder / f"comments/dde/{name}.j2").write_text("{{ district }}")
    (folder / "comments/dde/files_received.j2").write_text(source)
    found = Words(folder, ZONES).check(process(), wanted=())
    assert [c.template for c in found] == ["comments/dde/files_received.j2"]
    assert BAD[source] in found[0].message


# -- text in a box


def in_box(markup: str) -> list[str]:
    """The lines of the one box that the markup is."""
    first, *lines, last = markup.split("\n")
    assert (first, last) == ("{noformat}", "{noformat}")
    return lines


@given(st.lists(WICKED | ANY, min_size=1, max_size=5))
@example(["{noformat}", "a {noformat} b", "{{noformat}}"])
@example(["[~accountid:5b10a2844c20165700ede21g]"])
@example(["a\n{noformat}\rb\u2028c\x85d\x1ce"])
def test_nothing_ends_a_box_but_its_end(lines: list[str]) -> None:
    """Whatever the lines hold: each stays one line, ends no box, mentions nobody, and has no control character."""
    inside = in_box(preformatted(lines))
    assert len(inside) == len(lines)
    for line in inside:
        assert "{noformat" not in line
        assert "[~" not in line
        assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in line)


def test_a_box_keeps_its_spaces_in_a_comment(say: Say) -> None:
    """Columns stay columns, and around the box the comment is tidied as any other."""
    text = say(
        "Why.   Read:\n\n\n\n{{ items|preformatted }}\n  The end.", items=("Day    Open", "", "  Mon  08:00 {x}")
    )
    assert text == "Why. Read:\n\n{noformat}\nDay    Open\n\n  Mon  08:00 {\u200bx}\n{noformat}\nThe end."


def test_a_value_that_looks_like_a_box_opens_none(say: Say) -> None:
    """Only a template can."""
    assert say("{{ note }}\na  b", note="{noformat}") == "\\{noformat\\}\na b"


def test_a_box_without_lines_is_no_box() -> None:
    """Nothing is shown; one text is a mistake, as with bullets."""
    assert preformatted(()) == ""
    with pytest.raises(TypeError, match="needs a list"):
        preformatted("text")


def test_what_is_too_long_for_jira_is_cut_and_the_command_is_named(say: Say) -> None:
    """The last line tells how many are missing, and what prints them all."""
    lines = tuple(f"{n:05} {{" + "x" * 80 for n in range(1000))
    text = say("{{ items|preformatted('python -m bot explain KEY') }}", public=False, items=lines)
    inside = in_box(text)
    assert len(text) < 32_000
    assert inside[-1] == f"… {1000 - len(inside) + 1} more lines; all of them: python -m bot explain KEY"
