"""Brings a database to the present schema, by Alembic. Several programs may do so at the same moment.

Alembic's own command line is not used: the steps are part of the package, and run inside the caller's transaction.
"""

from __future__ import annotations

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from event_store.errors import LaterStore

VERSION_TABLE = "event_store_version"
"""A name of our own: other programs may migrate their tables in the same database with Alembic."""

_SCRIPT = ScriptDirectory(str(Path(__file__).parent))


def is_current(connection: Connection) -> bool:
    """Whether nothing has to be done; raises `LaterStore`."""
    return _version(connection) == _SCRIPT.get_current_head()


def upgrade(connection: Connection) -> None:
    """Takes the steps that are missing, in the transaction of `connection`."""
    if is_current(connection):
        return
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": VERSION_TABLE,
            "fn": lambda version, _: _SCRIPT._upgrade_revs("head", version),
        },
    )
    with Operations.context(context):
        context.run_migrations()


def _version(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision()
    try:
        _SCRIPT.get_revision(version or "base")
    except CommandError:
        raise LaterStore(
            f"This store has version {version}, which this program does not know: it was made by a later one. "
            f"Use that version of mailjet-segment or a later one, or another store."
        ) from None
    return version
