"""Failures of a target, each as one sentence. Errors of drivers and of dlt quote rows and passwords; ours never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from event_store.errors import StoreError
from mailjet_segment.failure import disk_failure
from program.failure import Failure

_STATES = {
    "28": "the user or the password is wrong",
    "3D": "there is no such database",
    "42501": "the user may not do this there: give it the rights to create schemas and tables",
    "53100": "its disk is full: make room",
    "53": "it has no room, or too many connections",
    "57": "it was shut down",
}
"""Of PostgreSQL ("Error Codes" of its documentation), by their beginning."""
_REFUSALS = {
    "password authentication failed": "the user or the password is wrong",
    "no password supplied": "it wants a password",
    r'role ".*" does not exist': "there is no such user",
    r'database ".*" does not exist': "there is no such database",
    "pg_hba.conf": "it does not let this user connect from here (its pg_hba.conf)",
}
"""What libpq says of a connection that was refused, which has no code. Most of its sentences name the database."""
UNREACHABLE = "it cannot be reached, or closed the connection"
_OF_CONNECTIONS = {
    "psycopg.OperationalError",
    "psycopg2.OperationalError",
    "psycopg2.InterfaceError",
    "adbc_driver_manager.Error",
}
"""Errors of the drivers of PostgreSQL, with all that are derived from them."""


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Raises each error of the context as a `Failure`, but for those that are a sentence already."""
    try:
        yield
    except (Failure, StoreError, ModuleNotFoundError):  # a missing package is said by the command
        raise
    except Exception as error:
        raise _to_failure(name, error) from error


def _to_failure(name: str, error: Exception) -> Exception:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, (Failure, StoreError)):
            return cause
        if missing := _missing(cause):
            return missing
    if full := disk_failure(error):
        return full
    reason = next(filter(None, map(reason_of, reversed(causes))), None) or f"({type(causes[-1]).__name__})"
    return Failure(f"The load into {name} failed: {reason}. What is loaded stays; run this again to go on.")


def reason_of(error: BaseException) -> str | None:
    """The meaning of a driver's error, in our words; None if we do not know it."""
    state = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
    if isinstance(state, str) and state:
        known = (_STATES.get(state) or _STATES.get(state[:2])) or "it refused a statement"
        return f"{known} (SQLSTATE {state})"
    kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__]
    if _OF_CONNECTIONS.intersection(kinds):
        return next((reason for words, reason in _REFUSALS.items() if re.search(words, str(error))), UNREACHABLE)
    if kinds[0].startswith(("duckdb.", "_duckdb.")):
        return f"DuckDB refused it ({type(error).__name__})"
    if type(error).__name__ == "ConfigFieldMissingException":
        return f"dlt's configuration of it misses {', '.join(_fields(error))}"
    if type(error).__name__ == "UnknownDestinationModule":
        return "dlt has no destination of this name"
    return None


def _fields(error: BaseException) -> Iterator[str]:
    """The missing fields, and those within each group of fields."""
    for name, traces in getattr(error, "traces", {}).items():
        inner = [key for trace in traces for key in getattr(trace, "traces", ())]
        yield f"{name} ({', '.join(dict.fromkeys(inner))})" if inner else name


def _missing(error: BaseException) -> Failure | None:
    if type(error).__name__ == "MissingDependencyException":
        packages = " ".join(f"'{name}'" for name in getattr(error, "dependencies", ()))
        return Failure(f"A package of this destination is missing; install it with: pip install {packages}.")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and those behind it, the last one the first that happened; dlt keeps some of them in attributes."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        inner = getattr(link, "exception", None) or getattr(link, "dbapi_exception", None)
        link = inner if isinstance(inner, BaseException) else link.__cause__ or link.__context__
