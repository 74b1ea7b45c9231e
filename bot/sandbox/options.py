"""The options of the site's fields, each with a number that stays the same when its name changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_ID = 11001
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")  # with the ids 1 to 5, as on a new Cloud site


@dataclass(frozen=True)
class Option:
    """One option of a field. `name` is its `value` where it belongs to a custom field."""

    id: str
    name: str


class Options:
    """Lists of options. A list is named by the key that `Catalogue.options_key` gives, or, for the second level of a
    cascading select, by the id of the first level's option. Not thread-safe: the site changes it under its lock."""

    def __init__(self) -> None:
        self._lists: dict[str, list[Option]] = {}
        self._next = FIRST_ID

    def add(self, key: str, name: str, option_id: str | None = None) -> Option:
        """The option of that name, made at the end of its list if there is none."""
        known = self.by_name(key, name)
        if known is not None:
            return known
        if option_id is None:
            option_id, self._next = str(self._next), self._next + 1
        option = Option(option_id, name)
        self._lists.setdefault(key, []).append(option)
        return option

    def rename(self, key: str, option_id: str, name: str) -> Option:
        """Give an option another name; its id stays. Raises KeyError if there is none of that id."""
        old = self.by_id(key, option_id)
        if old is None:
            raise KeyError(option_id)
        options = self._lists[key]
        options[options.index(old)] = replace(old, name=name)
        return replace(old, name=name)

    def of(self, key: str) -> tuple[Option, ...]:
        """The options of a list, in their order."""
        return tuple(self._lists.get(key, ()))

    def by_id(self, key: str, option_id: str) -> Option | None:
        """The option of that id, None if the list has none."""
        return next((o for o in self.of(key) if o.id == option_id), None)

    def by_name(self, key: str, name: str) -> Option | None:
        """The option of that name, None if the list has none."""
        return next((o for o in self.of(key) if o.name == name), None)
