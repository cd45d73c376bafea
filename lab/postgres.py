"""A PostgreSQL server of one's own: in a temporary folder, on a socket there, gone afterwards.

For tests and measurements. PostgreSQL refuses to run as root, so root runs it as the user `postgres`, whom the
packages of all distributions make.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

_PACKAGED = Path("/usr/lib/postgresql")
"""Debian keeps the server's programs here, off the PATH."""


_LEAVE_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"


class Postgres:
    """A running server. Each `database` is a new, empty one."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs, self._numbers = folder, programs, count(1)
        self._address: str | None = None

    def database(self) -> str:
        """The address of a new database."""
        name = f"events{next(self._numbers)}"
        run(
            self._programs / "createdb",
            "-h",
            str(self._folder),
            "-U",
            "postgres",
            "-T",
            "template0",
            "-E",
            "UTF8",
            name,
        )
        return f"postgresql://postgres@/{name}?host={quote(str(self._folder))}"

    def emptied(self) -> str:
        """The address of the same database each time, without anybody in it and without what was left there.

        It takes a tenth of the time of a new one.
        """
        self._address = self._address or self.database()
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(_LEAVE_OTHERS)
            for (schema,) in connection.execute(_SCHEMAS).fetchall():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
            connection.execute("CREATE SCHEMA public")
        return self._address

    def stop(self, how: str = "fast") -> None:
        """Stops the server: `immediate` is as if its machine had failed."""
        run(self._programs / "pg_ctl", "stop", "-D", str(self._folder / "data"), "-m", how, "-w")

    def start(self) -> None:
        options = f"-k {self._folder} -c listen_addresses='' -c max_connections=200"
        log = str(self._folder / "log")
        run(self._programs / "pg_ctl", "start", "-D", str(self._folder / "data"), "-l", log, "-o", options, "-w")


def find_programs() -> Path | None:
    """The folder of the newest installed server's programs, or None."""
    if found := shutil.which("pg_ctl"):
        return Path(os.path.realpath(found)).parent
    versions = sorted(_PACKAGED.glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def running(programs: Path) -> Iterator[Postgres]:
    """A server that lives as long as the context."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        run(
            programs / "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        server = Postgres(folder, programs)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(program: Path, *words: str) -> None:
    """Runs one of the server's programs, as the user `postgres` if we are root."""
    user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
    # Not a pipe: the server that pg_ctl starts would keep it open.
    done = subprocess.run(
        [str(program), *words], user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{program.name} failed with {done.returncode}.")
