"""Failures of the command alone, and sentences without secrets."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from program.credential import mask, secret_forms
from program.failure import Failure

_SECRETS = ("api_key", "api_key_secret", "write_key")


_EXTRAS = {
    "load": (
        "adbc_driver_manager",
        "adbc_driver_postgresql",
        "dlt",
        "duckdb",
        "jinja2",
        "psycopg2",
        "pyarrow",
        "rich",
        "shtab",
    ),
    "collector": ("alembic", "httptools", "jinja2", "prometheus_client", "psycopg", "sqlalchemy", "uvloop"),
    "demo": ("numpy", "starlette", "uvicorn"),
    "report": ("xlsxwriter",),
}
"""What brings a package that is missing. `load` brings the store of `collector` too."""


def installing(extra: str) -> str:
    """The command that brings an extra. No index has this project, so it names the folder that it is in."""
    return f"pip install 'mailjet-segment[{extra}] @ file:///path/to/its/folder'"


def missing_part(name: str | None) -> Failure | None:
    """The failure if an optional package is missing; None for any other package."""
    for extra, names in _EXTRAS.items():
        if name in names:
            return Failure(f"The package {name} is missing; install it with: {installing(extra)}.")
    return None


def without_secrets(text: str, configs: Iterable[Mapping[str, Any]]) -> str:
    """`text` with `****` for every secret of `configs`, those of either connector."""
    forms: list[str] = []
    for config in configs:
        api_key, api_key_secret, write_key = (str(config.get(name) or "") for name in _SECRETS)
        forms += [*secret_forms(api_key, api_key_secret), *secret_forms(write_key)]
    return mask(text, forms)


def disk_failure(error: BaseException) -> Failure | None:
    """The failure if the disk is full or a file is in use, as any error in the chain of `error` says; else None.

    SQLAlchemy and dlt wrap DuckDB's and Python's own errors, at times keeping nothing but the text.
    """
    for link in _chain(error):
        if getattr(link, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "No space left on device" in str(link):
            return Failure("The disk is full; make room and run this again, nothing is lost.")
        if "Could not set lock on file" in str(link):
            return Failure("Another program has just opened the database; run this again when it has ended.")
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = getattr(link, "original_exception", None) or link.__cause__ or link.__context__
