"""Text from tickets and moments in time, written as Jira wiki markup that can do no harm."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context, Undefined

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# Both of Jira's renderers (Data Center's and Cloud's converter) let a backslash take the meaning off these
# characters and a few more, unless it follows a second backslash: a backslash cannot be escaped.
_SPECIAL = re.compile(r"[-#*_+?^~|{}\[\]()!@]")

# Where no backslash helps, a space of no width keeps the characters apart; the eye reads the text unchanged.
_GAP = "\u200b"
_TO_PART = (
    re.compile(r"(?<=\\)(?=[-#*_+?^~|%{}\[\]()!@\\]|$)"),  # a backslash that would join what comes next
    re.compile(r"(?<=:)(?=//)|(?<=\bmailto:)|(?<=\bwww)(?=\.)", re.IGNORECASE),  # addresses that become links
    re.compile(r"(?<=&)(?=#?\w+;)"),  # HTML entities
    re.compile(r"^(?:h[1-6]|bq)(?=\.)", re.IGNORECASE),  # headings and quotes, if a line starts here
    re.compile(r"(?<=[:;])(?=[DPp])"),  # smileys made of letters
)
_HIDDEN = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_OLD_BULLET = re.compile(r"^(?:[-*#\u2022\u2013]+\s+)+")
_ACCOUNT = re.compile(r"[\w.:@-]+", re.ASCII)
# An address without any character that one of Jira's renderers could take for markup or for its end.
_ADDRESS = re.compile(r"https?://[\w.~:/?#&=%+,;-]*[\w/=-]", re.ASCII)


# A box of text as it is: within it only its own end is markup. Mentions are parted too, since whom a comment
# mentions is also read from its plain text.
BOX = "{noformat}"
_BOX_ROOM = 30_000  # characters of a box, so that there is room for words around it
_TO_PART_IN_BOX = re.compile(r"(?<=\{)|(?<=\[)(?=~)|(?<=&)(?=#?\w+;)")


class Wiki(str):
    """Text that is wiki markup already and passes into a comment as it is."""

    __slots__ = ()


class Spoken(Protocol):
    """What the words need of a calendar: its IANA `zone`, and how people say it ("Central Time")."""

    @property
    def zone(self) -> str: ...

    @property
    def spoken(self) -> str: ...


def one_line(text: str) -> str:
    """`text` on one line, without control characters, hidden direction marks or halves of a character."""
    return " ".join("".join(map(_visible, text)).split())


def _visible(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Cs":
        return "\ufffd"  # half a character cannot be sent as UTF-8
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "" if char in _HIDDEN else char


def escape(text: str) -> Wiki:
    """`text` as one line of wiki markup that shows it literally: no mention, macro, link, image, table, list,
    heading or smiley can come of it, wherever in a line it is."""
    line = one_line(text)
    for pattern in _TO_PART:
        line = pattern.sub(lambda found: found.group() + _GAP, line)
    return Wiki(_SPECIAL.sub(r"\\\g<0>", line))


def unescaped(markup: str) -> str:
    """`markup` without the backslashes and gaps that `escape` put in: what a reader sees, roughly."""
    return re.sub(r"\\(?=[-#*_+?^~|{}\[\]()!@])", "", markup.replace(_GAP, ""))


def printable(value: Any) -> str:
    """What a template may print as it is: text, a whole number, markup. TypeError, with the way out, else."""
    if isinstance(value, Undefined):
        return str(value)  # StrictUndefined raises here, and names the word
    if value is None:
        raise TypeError("an empty value would be printed; ask {% if … %} first")
    if isinstance(value, datetime):
        raise TypeError("a moment needs the filter 'day' or 'moment'")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"a {type(value).__name__} cannot be printed; use 'bullets', 'mentions' or a loop")
    return value if isinstance(value, Wiki) else str(value)


def finalize(value: Any) -> str:
    """Every `{{ … }}` of a comment or description ends here: markup passes, all else is escaped."""
    text = printable(value)
    return text if isinstance(text, Wiki) else escape(text)


def link(text: str) -> Wiki:
    """An http or https address as it is, so that Jira and mail make it clickable, if no character in it could be
    taken for markup; any other text escaped, line by line."""
    address = printable(text).strip()
    if _ADDRESS.fullmatch(address):
        return Wiki(address)
    return Wiki("\n".join(escape(line) for line in address.splitlines() if line.strip()))


def mention(account: str) -> Wiki:
    """A mention of one account (Cloud's form). Raises ValueError if it is no account id."""
    if not _ACCOUNT.fullmatch(account):
        raise ValueError(f"{account!r} is no account id")
    return Wiki(f"[~accountid:{account}]")


def mentions(accounts: Iterable[str]) -> Wiki:
    """Mentions of all `accounts`, with spaces between them."""
    return Wiki(" ".join(mention(account) for account in accounts))


def bullets(items: Iterable[str]) -> Wiki:
    """One line `* item` for each item that says anything; a bullet that its writer made is taken off."""
    if isinstance(items, str):
        raise TypeError("'bullets' needs a list, not one text")
    lines = (_OLD_BULLET.sub("", one_line(item)) for item in items)
    return Wiki("\n".join(f"* {escape(line)}" for line in lines if line.strip("-*#\u2022\u2013 ")))


def preformatted(lines: Iterable[str], whole: str = "") -> Wiki:
    """Lines in a font of one width, each as it is, in a box that nothing in them can end. What is too long for a
    comment is cut, with a line that names the command `whole`, which prints it all. Empty without lines."""
    if isinstance(lines, str):
        raise TypeError("'preformatted' needs a list, not one text")
    every = [_TO_PART_IN_BOX.sub(_GAP, "".join(map(_visible, line)).rstrip()) for line in lines]
    shown, room = list[str](), _BOX_ROOM
    for line in every:
        room -= len(line) + 1
        if room < 0:
            more = f"… {len(every) - len(shown)} more lines"
            shown.append(f"{more}; all of them: {one_line(whole)}" if whole else more)
            break
        shown.append(line)
    return Wiki("\n".join([BOX, *shown, BOX]) if shown else "")


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th … 21st."""
    teen = 10 <= number % 100 < 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


class Moments:
    """Moments as people say them, in the time zone of the calendar that the facts name."""

    def __init__(self, zones: Mapping[str, Spoken]) -> None:
        self._zones = zones

    @pass_context
    def day(self, context: Context, moment: datetime) -> Wiki:
        """The day on which `moment` falls, never the minute: "the end of Tuesday, January 13 (Central Time)".
        The year is said where it is not the year of `now`. Midnight ends the day before it."""
        return self.spoken_day(context, moment)

    def spoken_day(self, context: Context | Mapping[str, Any], moment: datetime) -> Wiki:
        """What `day` gives, from the facts themselves."""
        return Wiki(f"the end of {self._date(context, moment)} ({self._calendar(context).spoken})")

    @pass_context
    def date(self, context: Context, moment: datetime) -> Wiki:
        """The day alone, for an estimate: "Tuesday, January 13"."""
        return Wiki(self._date(context, moment))

    def _date(self, context: Context | Mapping[str, Any], moment: datetime) -> str:
        zone = ZoneInfo(self._calendar(context).zone)
        local = _aware(moment).astimezone(zone) - timedelta(microseconds=1)
        text = f"{_DAYS[local.weekday()]}, {_MONTHS[local.month - 1]} {local.day}"
        if local.year != _aware(_fact(context, "now")).astimezone(zone).year:
            text += f", {local.year}"
        return text

    @pass_context
    def moment(self, context: Context, moment: datetime) -> Wiki:
        """`moment` to the minute, for staff: "Tue Jan 13, 2026, 3:30 PM Central Time"."""
        return Wiki(spoken(_aware(moment), self._calendar(context)))

    @pass_context
    def ahead(self, context: Context, moment: datetime | None) -> bool:
        """Whether there is such a moment and it is still to come, so that it may be promised."""
        return moment is not None and _aware(moment) > _aware(_fact(context, "now"))

    def _calendar(self, context: Context | Mapping[str, Any]) -> Spoken:
        name = _fact(context, "calendar")
        if name not in self._zones:
            raise ValueError(f"there is no calendar {name!r}")
        return self._zones[name]


def spoken(moment: datetime, calendar: Spoken) -> str:
    """A moment to the minute, for staff, as `Moments.moment` says it."""
    local = moment.astimezone(ZoneInfo(calendar.zone))
    date = f"{_DAYS[local.weekday()][:3]} {_MONTHS[local.month - 1][:3]} {local.day}, {local.year}"
    time = f"{local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'}"
    return f"{date}, {time} {calendar.spoken}"


def _fact(context: Context | Mapping[str, Any], name: str) -> Any:
    if name not in context:
        raise ValueError(f"the fact {name!r} is missing")
    return context[name]


def _aware(moment: Any) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise TypeError(f"{moment!r} is no moment with a time zone; ask {{% if … %}} first")
    return moment
