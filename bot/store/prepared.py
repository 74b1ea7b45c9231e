"""Statements that every reconcile or delivery needs, compiled once.

SQLAlchemy's own way of executing a statement costs several times what the database needs for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, CursorResult
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
Process = Callable[[Any], Any]


class Prepared:
    """A statement of SQLAlchemy Core that is compiled once for each kind of database.

    It takes and gives the same values as `Connection.execute`, and fails in the same way. Its parameters are named by
    `bindparam`, and none may stand for a list."""

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, connection: Connection, values: Values) -> CursorResult[Any]:
        """Execute it once. The result's rows are as the driver gives them; its count of rows is what matters."""
        compiled = self._for(connection.dialect)
        return connection.exec_driver_sql(compiled.text, compiled.parameters(values))

    def execute_many(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Execute it for each of these rows, of which there is at least one."""
        compiled = self._for(connection.dialect)
        connection.exec_driver_sql(compiled.text, [compiled.parameters(row) for row in rows])

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Execute it once and return its rows."""
        compiled = self._for(connection.dialect)
        return [compiled.row(found) for found in self.execute(connection, values)]

    def first(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """Execute it once and return its first row, None where there is none."""
        return next(iter(self.rows(connection, values)), None)

    def _for(self, dialect: Dialect) -> _Compiled:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return self._compiled[dialect.name]


class _Compiled:
    """A statement as one kind of database takes it."""

    def __init__(self, statement: sa.Executable, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.post_compile_params, "a parameter that stands for a list is expanded at each execution"
        self.text = compiled.string
        self._order = compiled.positiontup
        self._fixed: dict[str, Any] = {}
        self._given: list[tuple[str, Process | None]] = []
        for bind, name in compiled.bind_names.items():
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required:
                self._given.append((name, process))
            else:
                self._fixed[name] = bind.effective_value if process is None else process(bind.effective_value)
        types = [column.type for column in statement.exported_columns]  # type: ignore[attr-defined]
        self._columns: list[Process | None] = [t.dialect_impl(dialect).result_processor(dialect, None) for t in types]
        self._plain = not any(self._columns)

    def parameters(self, values: Values) -> Any:
        """What the driver takes: the values by name, else in their order."""
        found = dict(self._fixed)
        for name, process in self._given:
            found[name] = values[name] if process is None else process(values[name])
        return found if self._order is None else tuple([found[name] for name in self._order])

    def row(self, found: Any) -> tuple[Any, ...]:
        """One row of the driver's as values of Python."""
        if self._plain:
            return tuple(found)
        return tuple(
            [value if process is None else process(value) for value, process in zip(found, self._columns, strict=True)]
        )
