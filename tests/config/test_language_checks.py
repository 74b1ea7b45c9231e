"""What a process file that uses facts can have wrong: each slip with its line and the nearest word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Change = Callable[[str, str], int]
Problems = Callable[[], list[str]]

AGREEMENTS = "{title: Agreements signed, field: customfield_10060, kind: yes_no}"
PIPELINE = "one_of: [existing, new]}"
JOIN = "if: {pipeline: existing}, needs: analyse"
ETL_NEXT = "next: validation_developers"
LATER = "revision: {return_to: third_party_vendors}"
X = "title: X, status: X, party: developers, next: validation_developers"

FACTS = [
    (
        AGREEMENTS,
        "{field: customfield_10060}",
        'a fact needs exactly one of "kind", "one_of" and "some_of"; "agreements" has none',
    ),
    ("kind: yes_no}", "kind: yes_no, one_of: [a, b]}", '"agreements" has kind and one_of'),
    ("kind: yes_no}", "kind: yes/no}", "\"kind\" is wrong: Input should be 'yes_no', 'text', 'date' or 'number'"),
    ("field: customfield_10060, kind", "kind", '"field" is missing in "agreements"'),
    ("customfield_10062, kind", "reporter, kind", 'the field "reporter" holds people, and a fact cannot be a person'),
    ("customfield_10062, kind", "customfield_10050, kind", 'the field "customfield_10050" holds people'),
    ("kind: yes_no}", "kind: yes_no, others: true}", '"others" is for "one_of" and "some_of"'),
    (PIPELINE, "one_of: []}", '"one_of" must have at least one entry'),
    (PIPELINE, "one_of: [existing, new, EXISTING ]}", '"EXISTING" is the same value as "existing"; case and spaces do'),
    (PIPELINE, "one_of: [existing, new, Any]}", 'no option can be called "Any", which is a word of the language'),
    (PIPELINE, "one_of: [existing, new, yes]}", 'no option can be called "yes", which is a word of the language'),
    ("none: No vendor", "none: else", 'no option can be called "else"'),
]
CONDITIONS = [
    (JOIN, "if: {pipelin: existing}", 'there is no fact "pipelin" (did you mean "pipeline"?)'),
    (JOIN, "if: {pipeline: exsting}", 'the fact "pipeline" never has the value "exsting" (did you mean "existing"?)'),
    (JOIN, "if: {pipeline: [new, old]}", 'the fact "pipeline" never has the value "old" (known: existing, new)'),
    (JOIN, "if: {pipeline: none}", '"none" is never so: the fact "pipeline" names no option for it with "none:"'),
    (JOIN, "if: {pipeline: else}", '"else" is only for a goal with "by"'),
    (JOIN, "if: {}", '"if" must have at least one entry'),
    (JOIN, "if: , needs: analyse", '"if" is empty; name a fact and its value, or leave it out'),
    (JOIN, "if: pipeline", '"if" must hold names with values'),
    (JOIN, "if: {pipeline: }", '"pipeline": it must be a text or a list of texts'),
    (JOIN, "if: {sis_since: soon}", 'the fact "sis_since" is a date like 2026-12-24, and "soon" is none'),
    (
        "{agreements: yes}",
        "{agreements: signed}",
        'the fact "agreements" never has the value "signed" (known: no, yes)',
    ),
    ("{agreements: yes}", "{agreements: none}", '"none" is never so: the fact "agreements" names no option for it'),
    ("{vendors: any}", "{vendor: any}", 'there is no fact "vendor" (did you mean "vendors"?)'),
    ("requires: [onboarding,", "requires: [onbording,", 'there is no fact "onbording" (did you mean "onboarding"?)'),
    ("for_each: vendors", "for_each: vendor", 'there is no fact "vendor" (did you mean "vendors"?)'),
    (
        "for_each: vendors",
        "for_each: sis",
        '"for_each" needs a fact with "some_of", and "sis" is not one (known: vendors)',
    ),
]
GOALS = [
    ("existing: 5-10 business days, new", "new", 'the goal by "pipeline" has none for "existing"; add it, or "else"'),
    ("by: pipeline, existing: 5-10", "by: pipline, existing: 5-10", 'there is no fact "pipline" (did you mean'),
    ("by: pipeline, existing: 5-10", "existing: 5-10", '"by" is missing in "goal"'),
    ("existing: 5-10 business days", "existing: 5-10 fortnights", '"existing": "fortnights" in the goal'),
    ("existing: 5-10 business days, new", "exsting: 1 week, else: 1 week, new", 'never has the value "exsting" (did'),
    ("new: 1-3 months}", "new: 1-3 months, NEW: 1 week}", '"NEW" is the same value as "new"; case and spaces do not'),
    ("{by: pipeline, existing: 3-5 weeks, new: 2-6 months}", "{by: sis, A: 1 week}", 'the fact "sis" can have any'),
    ("{by: pipeline, existing: 3-5 weeks, new: 2-6 months}", "3-5 wks", '"total": "wks" in the goal "3-5 wks" is not'),
]  # fmt: skip
BRANCHES = [
    ("needs: staging", "needs: warehouse", 'the branch "warehouse" needs itself, so it could never begin'),
    ("needs: staging", "needs: [stagin]", '"needs" names "stagin", which is not a branch of this step (did you'),
    ("needs: staging", "needs: analyse", '"needs" names "analyse", which is not a branch of this step (known: sta'),
    ("staging:   {", "staging:   {needs: warehouse, ", "need each other in a circle: staging -> warehouse -> staging"),
    ("done_by: [ready, attachment]", "done_by: [ready, atachment]", '"atachment" is not a reply that a district'),
    ("done_by: [ready, attachment]", "done_by: []", '"done_by": it must be a text or a list of texts'),
    ("tell: customer_service", "tell: customer_servce", 'there is no team "customer_servce" to tell (did you mean'),
]  # fmt: skip
STEPS = [
    (ETL_NEXT, f"revision: {{return_to: test}}\n    {ETL_NEXT}", 'a revision returns to "test", which is not a step'),
    (ETL_NEXT, f"revision: {{return_to: etl}}\n    {ETL_NEXT}", 'without "say" a revision returns to an earlier step'),
    (ETL_NEXT, f"revision: {{return_to: data_pipeline, goal: 1 week}}\n    {ETL_NEXT}", '"goal" is for new files'),
    (ETL_NEXT, f"revision: {{return_to: etl, say: x}}\n    {ETL_NEXT}", '"waiting_status" is missing in the process'),
    (f"{ETL_NEXT}\n", f"next: x\n\n  x: {{wait: 3-5 days, {X}}}\n", '"wait": "3-5 days" is a range; write one time'),
    (f"{ETL_NEXT}\n", f"next: x\n\n  x: {{wait: 3 days, goal: 1 week, {X}}}\n", 'the step "x" ends by itself, after'),
    (ETL_NEXT, f"{LATER}\n    {ETL_NEXT}", 'returns to "third_party_vendors", which comes after "etl"; name an'),
    ("  etl:\n", "  etl:\n    was: data_pipeline\n", '"was" names "data_pipeline", which is a step now; give only'),
    ("  etl:\n", "  etl:\n    was: [load, load]\n", '"was" names "load" twice; only one can have been called so'),
    ("staging:   {", "staging:   {was: warehouse, ", '"was" names "warehouse", which is a branch now'),
    ("calendar: wesd", "calendar: wesd\nwaiting_status: {status: W, was: Done}", '"was" names "Done", which is a'),
    ("status: WESD ETL", "status: superseded", 'the status "superseded" is spelled "Superseded" in bot.yaml'),
    ("status: WESD ETL", "status: data pipeline", 'the status "data pipeline" is used twice, first at'),
    ("issue_type: ODS Onboarding", "issue_type: [A, a]", 'the type "a" is there twice'),
    ("voice: draft", "voice: loud", "\"voice\" is wrong: Input should be 'silent', 'draft' or 'full'"),
    ("voice: draft", "district_name: {summary: '(.+'}", '"summary": "(.+" is not a pattern that can be read'),
    ("voice: draft", "district_name: {summary: 'for .+'}", '"summary": "for .+" must have one pair of parentheses'),
    ("voice: draft", "district_name: {summary: '(.+)', field: x}", '"district_name" needs either "field" or "summary"'),
    ("voice: draft", "calendar_by: {field: x, values: {a: cli}}", 'there is no calendar "cli" (known: wesd)'),
    ("contact: {field", "contact: {feld", '"feld" is not a key that is known here (did you mean "field"?)'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), [*FACTS, *CONDITIONS, *GOALS, *BRANCHES, *STEPS])
def test_each_slip_is_named_with_its_line(
    ods: Path, ods_change: Change, ods_problems: Problems, old: str, new: str, says: str
) -> None:
    """One slip gives one sentence."""
    line = ods_change(old, new)
    found = ods_problems()
    assert len(found) == 1, found
    assert found[0].startswith("processes/ods.yaml:")
    assert says in found[0]
    lines = range(line - new.rstrip("\n").count("\n"), line + 1)
    assert int(found[0].split(":")[1]) in lines


def test_a_wait_stands_alone(ods: Path, ods_change: Change, ods_problems: Problems) -> None:
    """A step that ends by itself has nothing in it that could be open then."""
    line = ods_change("goal: 3-5 business days", "goal: 3-5 business days\n    wait: 3 days")
    ends = 'the step "validation_developers" ends by itself, after its "wait"; it cannot have'
    assert ods_problems() == [
        f'processes/ods.yaml:{line - 1}: {ends} "goal" as well',
        f'processes/ods.yaml:{line + 2}: {ends} "branches" as well',
    ]


def test_one_status_has_one_spelling_in_all_files(ods: Path, ods_problems: Problems) -> None:
    """To Jira both are one status, and the bot can call it by one name only."""
    text = (ods / "processes/ods.yaml").read_text()
    other = text.replace("process: ods", "process: other").replace("ODS Onboarding}", "Other}")
    (ods / "processes/other.yaml").write_text(other.replace("status: WESD ETL", "status: Wesd ETL"))
    (line,) = [n for n, one in enumerate(text.split("\n"), 1) if "status: WESD ETL" in one]
    says = f'the status "Wesd ETL" is spelled "WESD ETL" in processes/ods.yaml:{line}; spell it in one way'
    assert ods_problems() == [f"processes/other.yaml:{line}: {says}"]


def test_two_processes_may_not_share_one_of_their_types(ods: Path, ods_problems: Problems) -> None:
    """Also where each takes others besides."""
    text = (ods / "processes/ods.yaml").read_text()
    other = text.replace("process: ods", "process: other")
    (ods / "processes/other.yaml").write_text(other.replace("ODS Onboarding}", "[Other, ODS Onboarding]}"))
    (found,) = ods_problems()
    assert 'issues of "ODS", type "ODS Onboarding", already follow processes/ods.yaml' in found


def test_an_unclear_fact_is_named_alone(ods: Path, ods_change: Change, ods_problems: Problems) -> None:
    """What depends on it is not to blame."""
    ods_change("some_of: [Renaissance STAR, Aperture DESSA], others: true, none: No vendor, ", "")
    (found,) = ods_problems()
    assert 'a fact needs exactly one of "kind", "one_of" and "some_of"; "vendors" has none' in found


def test_each_slip_is_named_at_once(ods: Path, ods_change: Change, ods_problems: Problems) -> None:
    """One hides no other, whatever it is about."""
    slips = [
        ("kind: date", "kind: day"),
        ("by: pipeline, existing: 3", "by: line, existing: 3"),
        ("requires: [onboarding", "requires: [boarding"),
        ("needs: staging", "needs: stage"),
        ("for_each: vendors", "for_each: sis"),
        ("tell: customer_service", "tell: nobody"),
    ]
    for old, new in slips:
        ods_change(old, new)
    assert len(ods_problems()) == len(slips)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if: {pipeline: existing}", "if: [pipeline]"),
        ("if: {pipeline: existing}", "if: {pipeline: {a: b}}"),
        ("needs: staging", "needs: {a: b}"),
        ("done_by: [ready, attachment]", "done_by: {ready: [a]}"),
        ("for_each: vendors", "for_each: [vendors]"),
        ("one_of: [existing, new]}", "one_of: {a: b}}"),
        ("total: {by: pipeline", "total: {by: [pipeline]"),
        ("existing: 5-10 business days", "existing: [5-10 business days]"),
        ("issue_type: ODS Onboarding", "issue_type: {a: b}"),
        ("voice: draft", "waiting_status: [a]"),
        ("voice: draft", "district_name: Lakeside"),
        ("tell: customer_service", "tell: [customer_service]"),
        ("  etl:\n", "  etl:\n    was: {a: [b]}\n"),
    ],
)
def test_any_shape_is_answered_with_problems(
    ods: Path, ods_change: Change, ods_problems: Problems, old: str, new: str
) -> None:
    """And never with a crash."""
    ods_change(old, new)
    assert all(found.startswith("processes/ods.yaml:") for found in ods_problems())
