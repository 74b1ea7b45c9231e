"""The files of words as they were read: an office's own before the shipped ones, file by file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import FunctionLoader, TemplateError

_PACKAGE = Path(__file__).parents[1]
# `pip install .` puts the folder into the package; in a checkout it is next to it.
SHIPPED_TEMPLATES = next(at for at in (_PACKAGE / "templates", _PACKAGE.parent / "templates") if at.is_dir())


@dataclass(frozen=True)
class TemplateFile:
    """One template. `path` is its place below the folder ("comments/dde/status.j2"), `shown` how an error names
    the file that was used, `own` whether the office gave it; `problem` says why it could not be read."""

    path: str
    shown: str
    source: str
    own: bool = False
    problem: str = ""

    @property
    def folder(self) -> str:
        """The folder it is in, such as "comments/dde"."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The name by which a process file calls it."""
        return Path(self.path).stem


class TemplateFiles:
    """All templates of the shipped folder and of the office's `overrides`, whose files take the place of shipped
    ones of the same path. They are read once: what changes on the disk later counts for the next one made."""

    def __init__(self, shipped: Path, overrides: Path | None = None) -> None:
        files: list[TemplateFile] = [*_read(shipped, own=False), *(_read(overrides, own=True) if overrides else ())]
        self._files: dict[str, TemplateFile] = {file.path: file for file in files}
        self.shipped = frozenset(file.path for file in files if not file.own)
        self.loader = FunctionLoader(self._load)

    @property
    def version(self) -> str:
        """A hash of everything that was read: it changes when a word does."""
        parts = (f"{f.path}\0{f.source}\0{f.problem}\0" for f in self)
        return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]

    def __iter__(self) -> Iterator[TemplateFile]:
        return iter(sorted(self._files.values(), key=lambda file: file.path))

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def __getitem__(self, path: str) -> TemplateFile:
        return self._files[path]

    def _load(self, path: str) -> tuple[str, str, None] | None:
        file = self._files.get(path)
        if file is None:
            return None
        if file.problem:
            raise TemplateError(file.problem)
        return file.source, file.shown, None


def _read(folder: Path, *, own: bool) -> Iterator[TemplateFile]:
    for place in sorted(folder.rglob("*.j2")):
        path = place.relative_to(folder).as_posix()
        shown = str(place) if own else path
        try:
            yield TemplateFile(path, shown, place.read_text(encoding="utf-8"), own)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            yield TemplateFile(path, shown, "", own, f"the file cannot be read: {reason}")
