"""Checks of the site: whether it answers, who the bot is on it, and whether the teams' people exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.doctor.rows import Questions, Row, ok, problem, unsure
from bot.jira import payloads
from bot.jira.call import JiraTrouble, Missing, Refused, Unauthenticated
from bot.jira.client import API, JiraClient

SITE = "Jira"
ACCOUNT = "account"
GATEWAY = "https://api.atlassian.com/ex/jira/"  # where the tokens of service accounts work


def reachable(ask: Questions) -> Iterator[Row]:
    """Whether Jira answers at JIRA_URL, and whether the credentials are for that kind of Jira."""
    try:
        info = ask.once(JiraClient.server_info)
    except Unauthenticated:  # it answers; the next check reports the token
        yield ok(SITE, f"It answers at {ask.settings.jira_url}.")
        return
    except JiraTrouble as trouble:
        yield problem(SITE, str(trouble), "Check JIRA_URL, the network and any proxy between, then run this again.")
        return
    if not isinstance(info, dict) or "version" not in info:
        yield problem(SITE, "What answers at JIRA_URL is not Jira.", "Set JIRA_URL to the address of the site itself.")
        return
    kind = info.get("deploymentType")
    yield ok(SITE, f"It answers at {ask.settings.jira_url}: {kind or 'Jira'} {info['version']}.")
    if kind and (kind == "Cloud") != ask.settings.cloud:
        right = "JIRA_EMAIL and JIRA_API_TOKEN" if kind == "Cloud" else "JIRA_PAT"
        yield problem("credentials", f"The site is Jira {kind}, the credentials are not.", f"Set {right} instead.")
    yield from _address(ask.settings.jira_url, str(info.get("baseUrl") or "").rstrip("/"))


def _address(ours: str, theirs: str) -> Iterator[Row]:
    if not theirs or theirs == ours:
        return
    if ours.startswith(GATEWAY):
        yield ok("address", f"The calls go through {GATEWAY}… to {theirs}.")
    else:
        fix = f"Set JIRA_URL to {theirs}, unless the bot can reach the site only at the current value."
        yield unsure("address", f"The site calls itself {theirs}.", fix)


def account(ask: Questions) -> Iterator[Row]:
    """Who the bot is, and whether its token is alive."""
    try:
        answer = ask.once(JiraClient.myself)
    except Unauthenticated as trouble:
        fix = (
            "Create a new token for the bot's account and set JIRA_API_TOKEN (Data Center: JIRA_PAT); "
            f"the token of a service account needs JIRA_URL={GATEWAY}<cloudId>."
        )
        yield problem(ACCOUNT, str(trouble), fix)
        return
    person = payloads.person(answer)
    if person is None:
        yield problem(ACCOUNT, "Jira does not say who the bot is.", "Check the account and its token.")
    elif person.kind == "customer":
        fix = "Give the bot its own staff account, not a portal customer's."
        yield problem(ACCOUNT, f"{person.name} ({person.id}) is a customer.", fix)
    else:
        yield ok(ACCOUNT, f"{person.name} ({person.id}, {person.kind}); its token is accepted.")


def people(ask: Questions) -> Iterator[Row]:
    """Whether the accounts in bot.yaml exist, are active and are staff."""
    office = ask.config.office
    for team in office.teams.values():
        if not team.accounts:
            fix = f"Add its members' accounts to `teams: {team.name}` in bot.yaml."
            yield unsure(f"team {team.name}", "It lists no accounts, so nobody is mentioned on its turn.", fix)
        for one in dict.fromkeys((*team.accounts, *([team.assignee] if team.assignee else ()))):
            yield _person(ask, f"{one} of {team.name}", one)
    leads = [*office.lead, *(lead for p in ask.config.processes for lead in ask.config.office_for(p.name).lead)]
    for one in dict.fromkeys(leads):
        yield _person(ask, f"{one}, the lead", one)


def _person(ask: Questions, name: str, account_id: str) -> Row:
    fix = "Put the account ID from the end of the person's profile URL into bot.yaml."
    try:
        answer = _user(ask, account_id)
    except Missing:
        return problem(name, "Jira has no such account.", fix)
    except Refused as trouble:
        see = "Open the person's profile in Jira, or allow the bot's account to browse users."
        return unsure(name, f"The bot is not allowed to look it up: {trouble}", see)
    except JiraTrouble as trouble:
        return unsure(name, str(trouble), "Run this again.")
    person = payloads.person(answer)
    if person is None:
        return problem(name, "Jira has no such account.", fix)
    if person.kind == "customer":
        return problem(name, f"{person.name} is a customer, not staff.", "Use a staff account in bot.yaml.")
    if answer.get("active") is False:
        return problem(name, f"{person.name} is deactivated.", "Remove the account from bot.yaml.")
    return ok(name, f"{person.name}.")


def _user(ask: Questions, name: str) -> Any:
    if ask.settings.cloud:
        return ask.once(JiraClient.user, name)
    try:  # Data Center identifies people by key; an old configuration may hold user names
        return ask.get(f"{API}/user", {"key": name})
    except Missing:
        return ask.once(JiraClient.user, name)
