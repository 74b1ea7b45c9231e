"""A page at the main library: from the offer to the talk after the first month, and once back to the accounts."""

from __future__ import annotations

from bot.sandbox.accounts import DANA, FRED
from bot.words.wiki import unescaped
from tests.third.ways import NAME, Colleague

FACTS = {
    "role": "page",
    "desk": "Fiction",
    "first_day": "2026-02-02",
    "weekly_hours": 40,
    "systems": ["Catalog", "Self Checkout"],
    "places": ["Main Library"],
    "urgency": "High",
}


def to_papers(colleague: Colleague) -> Colleague:
    """Approved on Tuesday, January 6 at 9:00; the offer is done that day, with all facts at 14:00."""
    colleague.opened()
    colleague.put("2026-01-06 09:00", approved="Yes")
    colleague.does("2026-01-06 11:00", "Write the contract")
    colleague.writes("2026-01-06 13:00", "I confirm")
    colleague.put("2026-01-06 14:00", **FACTS)
    colleague.rest("2026-01-06 14:10")
    return colleague


def to_check(colleague: Colleague) -> Colleague:
    """The folder was made on Wednesday at 9:00, and the papers were there at 11:00."""
    to_papers(colleague)
    colleague.does("2026-01-07 09:00", "Make a folder")
    colleague.attaches("2026-01-07 10:00", "photo.zip")
    colleague.writes("2026-01-07 11:00", "FILES READY")
    return colleague


def to_accounts(colleague: Colleague) -> Colleague:
    """All papers were right on Thursday, January 8 at 13:00."""
    to_check(colleague)
    colleague.does("2026-01-08 12:00", "Check the papers")
    colleague.does("2026-01-08 13:00", "Check the diploma")
    return colleague


def to_first_month(colleague: Colleague) -> Colleague:
    """All accounts were there on Monday, January 12 at 11:00."""
    to_accounts(colleague)
    for hour, summary in (("08", "Catalog"), ("09", "Self Checkout"), ("10", "Print"), ("11", "Send")):
        colleague.does(f"2026-01-12 {hour}:00", summary, by=DANA)
    return colleague


def test_nothing_begins_before_the_position_is_approved(colleague: Colleague) -> None:
    """The personnel office is asked once; the clock then runs from the change, which counts after the grace."""
    colleague.opened()
    colleague.rest("2026-01-06 08:00")
    assert (colleague.open, colleague.said, colleague.clocks) == ([], [], {})
    (asked,) = colleague.noted
    assert "* Position approved is yes" in asked
    assert NAME in asked  # a part of the summary
    colleague.put("2026-01-06 09:00", approved="Yes")
    assert colleague.open == []
    colleague.rest("2026-01-06 09:05")
    assert colleague.open == [f"Write the contract of {NAME}"]
    assert colleague.clocks == {"step": "2026-01-09T16:00:00Z", "contract": "2026-01-08T16:00:00Z"}
    assert colleague.ticket.custom["customfield_10174"] == "2026-01-08"
    assert colleague.ticket.duedate is None


def test_an_approval_that_is_taken_back_pauses_what_had_begun(colleague: Colleague) -> None:
    """The subtask stays, and no flag is set; with the approval the time goes on."""
    colleague.opened(approved="Yes")
    colleague.put("2026-01-05 10:00", approved="No")
    colleague.rest("2026-01-12 10:00")
    assert colleague.open == [f"Write the contract of {NAME}"]
    assert colleague.ticket.labels == ("new-colleague",)
    assert len(colleague.noted) == 1
    colleague.put("2026-01-12 10:00", approved="Yes")
    colleague.rest("2026-01-12 10:10")
    assert colleague.clocks["contract"] == "2026-01-14T16:00:00Z"


def test_the_offer_needs_its_facts(colleague: Colleague) -> None:
    """Everybody is done, and the ticket stays until the last fact is set; staff are told which, by their titles."""
    colleague.opened(approved="Yes")
    colleague.does("2026-01-05 11:00", "Write the contract")
    colleague.writes("2026-01-05 13:00", "I confirm")
    assert colleague.status == "Offer"
    lines = [line for line in colleague.noted[-1].splitlines() if line.startswith("* ")]
    assert lines == ["* Role", "* desk", "* First day", "* weekly hours", "* Systems"]
    colleague.put("2026-01-05 14:00", **{**FACTS, "desk": ""})
    colleague.rest("2026-01-05 14:10")
    assert [line for line in colleague.noted[-1].splitlines() if line.startswith("* ")] == ["* desk"]
    colleague.put("2026-01-05 15:00", desk="Fiction")
    colleague.rest("2026-01-05 15:10")
    assert colleague.status == "Collecting Papers"


def test_the_step_of_the_bot_itself_asks_once(colleague: Colleague) -> None:
    """It goes on at once, and the step after it does not ask the same question again."""
    to_papers(colleague)
    assert colleague.status == "Collecting Papers"
    assert len([words for words in colleague.said if "please scan your papers" in words]) == 1


def test_a_file_or_the_word_ready_is_the_photo(colleague: Colleague) -> None:
    """Each closes the subtask, and is answered with what is still open; a picture is no file."""
    to_papers(colleague)
    colleague.does("2026-01-07 09:00", "Make a folder")
    assert colleague.said[-1].startswith(f"{NAME}, your folder is ready")
    colleague.attaches("2026-01-07 10:00", "photo.png")
    colleague.rest("2026-01-07 10:10")
    assert colleague.open == [f"{NAME}: a photo for the badge"]
    colleague.attaches("2026-01-07 11:00", "photo.zip")
    colleague.rest("2026-01-07 11:10")
    assert colleague.open == []
    assert colleague.said[-1].startswith("Thank you for the photo")
    colleague.writes("2026-01-07 12:00", "FILES READY")
    assert colleague.status == "Checking Papers"


def test_a_colleague_who_says_nothing_is_reminded(colleague: Colleague) -> None:
    """In the words of this process; after four business days the office is asked to call."""
    to_papers(colleague)
    colleague.does("2026-01-07 09:00", "Make a folder")
    colleague.rest("2026-01-09 09:10")
    assert colleague.said[-1].startswith(f"{NAME}, it is still your turn. Please reply")
    assert "Call 555-0100" in unescaped(colleague.ticket.comments[-1].body)  # a text of the office
    colleague.rest("2026-01-13 09:10")
    assert "please phone" in colleague.noted[-1]


def test_papers_are_sent_back_and_come_again(colleague: Colleague) -> None:
    """One finding ends the round at once; the next set has the revision's own time, and the lead is asked to call."""
    to_check(colleague)
    assert "please begin" in colleague.noted[-1]
    assert colleague.clocks["step"] == "2026-01-12T18:00:00Z"
    colleague.does("2026-01-08 12:00", "Check the papers", "Needs Revision", finding="Findings:\n- No passport.")
    assert (colleague.status, colleague.open) == ("Waiting for Colleague", [])
    assert "* No passport." in colleague.ticket.comments[-1].body
    colleague.writes("2026-01-09 12:00", "FILES READY")
    assert colleague.open == [f"Check the papers of {NAME} (set 2)", f"Check the diploma of {NAME} (set 2)"]
    assert colleague.clocks["step"] == "2026-01-13T19:00:00Z"
    assert [note for note in colleague.noted if "lena" in note and "please call" in note]
    colleague.does("2026-01-09 13:00", "Check the papers", "Not Received")
    assert colleague.said[-1].startswith(f"{NAME}, we did not find your papers")


def test_a_date_that_passes_is_told_by_the_bot_itself(colleague: Colleague) -> None:
    """At half of the time there is a label, at its end the team is told, and later the lead, again and again."""
    to_check(colleague)
    colleague.rest("2026-01-09 17:00")
    assert "half-used" in colleague.ticket.labels
    colleague.rest("2026-01-13 09:00")
    assert {"half-used", "late"} <= set(colleague.ticket.labels)
    assert "We have not finished our part" in colleague.said[-1]
    colleague.rest("2026-01-20 09:00")
    again = [note for note in colleague.noted if "still overdue" in note]
    assert len(again) == 2
    assert "lena" in again[0]
    issue = colleague.ticket.id
    assert len([done for done in colleague.harness.bot.journal.done(issue) if ":notify:" in done]) == 2


def test_each_system_has_its_account(colleague: Colleague) -> None:
    """A subtask, a clock by another fact, and words for each; a page needs no laptop, so the badge waits for these."""
    to_accounts(colleague)
    assert colleague.open == [f"Catalog: an account for {NAME}", f"Self Checkout: an account for {NAME}"]
    assert f"Make an account in Catalog for {NAME} (page)." in unescaped(str(colleague.subtasks[-2].description))
    step, *accounts = colleague.clocks.values()
    assert step == "2026-01-20T20:00:00Z"
    assert accounts == ["2026-01-12T20:00:00Z"] * 2
    colleague.does("2026-01-09 08:00", "Catalog", by=DANA)
    assert colleague.said[-1].startswith(f"{NAME}, your account for Catalog is ready")
    assert colleague.open == [f"Self Checkout: an account for {NAME}"]
    colleague.does("2026-01-09 09:00", "Self Checkout", by=DANA)
    assert colleague.open == [f"Print the badge of {NAME}"]
    colleague.does("2026-01-09 10:00", "Print", by=DANA)
    assert colleague.open == [f"Send the badge of {NAME}"]


def test_after_thirty_days_comes_the_talk(colleague: Colleague) -> None:
    """Nobody is flagged; the day is a Wednesday. The lesson that nobody needs is passed over, and the words say so."""
    to_first_month(colleague)
    assert colleague.status == "First Month"
    assert "You did not need this: Driving the Bookmobile." in unescaped(colleague.ticket.comments[-1].body)
    assert "Driving Lessons" not in [i.new_text for entry in colleague.ticket.history for i in entry.items]
    colleague.rest("2026-02-11 10:59")
    assert (colleague.status, colleague.clocks) == ("First Month", {})
    colleague.rest("2026-02-11 11:01")
    assert colleague.status == "Talk"


def test_the_talk_leads_back_to_the_accounts_and_to_the_end(colleague: Colleague) -> None:
    """Rework is staff's own: the colleague hears nothing of it, and all the work of the step is made anew."""
    to_first_month(colleague)
    said = colleague.said
    colleague.does("2026-02-12 10:00", "Talk", "Needs Revision", by=FRED, finding="The badge does not open doors.")
    assert (colleague.status, colleague.said) == ("Accounts", said)
    assert colleague.open == [
        f"Catalog: an account for {NAME} (again)",
        f"Self Checkout: an account for {NAME} (again)",
    ]
    for hour, summary in (("11", "Catalog"), ("12", "Self Checkout"), ("13", "Print"), ("14", "Send")):
        colleague.does(f"2026-02-12 {hour}:00", summary, by=DANA)
    colleague.rest("2026-03-16 09:00")
    assert colleague.status == "Talk"
    colleague.does("2026-03-16 10:00", "Talk", by=FRED)
    assert (colleague.status, colleague.ticket.resolution, colleague.open) == ("Settled", "Done", [])
    assert colleague.said[-1].endswith("You do not need to do anything.")
    assert colleague.ticket.labels == ("new-colleague",)
