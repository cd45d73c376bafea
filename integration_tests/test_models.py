"""The dbt package, built from zero in DuckDB and PostgreSQL over events that were really loaded, with all of its tests.

The same events give the same rows in both, by the SQL that the command runs without dbt, and from Segment's own tables.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml
from jsonschema import Draft7Validator
from rich.console import Console

from lab.compile_models import COMPILED, DBT, PACKAGE, compile_models, run_dbt
from lab.metric_files import read_definitions
from lab.postgres import Postgres
from lab.postgres_fixture import postgres
from mailjet_sandbox.happened import Happened
from mailjet_sandbox.orders import Order
from mailjet_sandbox.sandbox import Sandbox
from mailjet_segment.configurations import Configurations
from mailjet_segment.orders_table import write_orders
from mailjet_segment.progress import Progress
from mailjet_segment.sandbox_command import source_config
from mailjet_segment.sync.command import Choices, make_plan
from mailjet_segment.sync.run import sync
from segment_events.kinds import KINDS
from unit_tests.analytics.answers_of_truth import make_empty_table, make_models
from unit_tests.analytics.message_truth import Figure, figures_by_campaign

__all__ = ["postgres"]

pytestmark = pytest.mark.xdist_group("models")

MODELS = ("events", "messages", "campaigns", "domains", "links", "recipients", "down_funnel", "down_funnel_campaigns")
SEGMENTS_COLUMNS = (
    'id, received_at::timestamp AS received_at, "timestamp"::timestamp AS "timestamp", event, event_text, user_id,'
    " anonymous_id, context_traits_email, email_id, email_subject, campaign_id, campaign_name"
)
"""What Segment's own source fills ("Mailjet source", "Warehouse schemas" of its documentation)."""

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Account:
    """The demo's account, loaded into a DuckDB file from a store in PostgreSQL. `figures`: what happened.

    The file has the orders of its shop, too.
    """

    duckdb_file: Path
    store: str
    figures: Mapping[str, Mapping[str, Figure]]
    orders: Sequence[Order]


@pytest.fixture(scope="module", autouse=True)
def _environment_of_dbt() -> None:
    """Without it these tests are skipped, and fail under CI."""
    if not (DBT / "dbt").exists():
        why = "dbt has no environment: make models and make test make it"
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Account:
    file, store = tmp_path_factory.mktemp("tables") / "mailjet.duckdb", postgres.database()
    with Sandbox(messages=2_000, days=30, planted=True) as sandbox:
        config = {**source_config(sandbox), "max_requests_per_second": 1_000}
        plan = make_plan(Configurations((config,), None), Choices(database=file, store=store))
        progress = Progress(Console(file=StringIO()), time.monotonic)
        outcome = sync(plan, progress, lambda: datetime.now(timezone.utc), threading.Event())
        assert not outcome.failures
        shown = [_as_shown(event) for event in sandbox.truth() if not event.beyond_rest]
        orders = sandbox.orders()
    with duckdb.connect(str(file)) as connection:
        write_orders(connection, orders)
    return Account(file, store, figures_by_campaign(shown), orders)


def _as_shown(event: Happened) -> Happened:
    """As a first sync sees it: REST gives the arrival for the time of a delivery, however late that was."""
    return replace(event, at=event.arrived_at) if event.kind == "delivered" else event


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the unit tests of its models. They lie apart, because a user's dbt may not take them.

    Before 1.11 it refuses those of a model that is switched off; dbt 2, those of an incremental model without a table.
    """
    whole = tmp_path_factory.mktemp("package") / "mailjet"
    shutil.copytree(PACKAGE, whole)
    shutil.copytree(PACKAGE / "unit_tests", whole / "models", dirs_exist_ok=True)
    return whole


def dbt_build(folder: Path, output: Mapping[str, Any], variables: Mapping[str, Any], project: Path) -> None:
    """Builds all models, with their tests; nothing in them is deprecated."""
    profile = {"mailjet": {"target": "tried", "outputs": {"tried": {"schema": "models", "threads": 2, **output}}}}
    (folder / "profiles.yml").write_text(json.dumps(profile), "utf-8")
    printed = run_dbt(["build", "--warn-error", "--show-all-deprecations"], folder, variables, project)
    assert " WARN=0 ERROR=0 SKIP=0 " in printed


@pytest.fixture(scope="module")
def in_duckdb(account: Account, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows of the models in DuckDB."""
    output = {"type": "duckdb", "path": str(account.duckdb_file)}
    variables = {"mailjet_schema": "main", "mailjet_conversions": "order_completed"}
    dbt_build(tmp_path_factory.mktemp("duckdb"), output, variables, package)
    with duckdb.connect(str(account.duckdb_file), read_only=True) as connection:
        return {model: connection.execute(f"FROM models.mailjet__{model} ORDER BY ALL").fetchall() for model in MODELS}


def test_all_is_built_in_duckdb_and_each_figure_is_what_happened(account: Account, in_duckdb: Rows) -> None:
    columns = [column for metric in read_definitions() for column in metric.columns]
    assert len(in_duckdb["campaigns"]) == len(account.figures) > 10
    for campaign, _name, _subject, _first, _last, *values in in_duckdb["campaigns"]:
        assert dict(zip(columns, values, strict=True)) == pytest.approx(account.figures[campaign], rel=1e-9), campaign


def test_a_build_over_the_views_of_a_store_in_postgresql_gives_the_same_rows(
    account: Account, in_duckdb: Rows, package: Path, tmp_path: Path
) -> None:
    with psycopg.connect(account.store) as connection:
        [(schema,)] = connection.execute(
            "SELECT schemaname FROM pg_views WHERE viewname = 'email_opened' AND schemaname LIKE 'mailjet%'"
        ).fetchall()
        place = connection.info
        output = {"type": "postgres", "host": place.host, "port": place.port, "user": place.user}
        output |= {"password": "", "dbname": place.dbname}
        _write_tracks(connection, account.orders)
        of_orders = {"mailjet_conversions": "calls", "mailjet_conversions_schema": "shop"}
        names = {"mailjet_conversion_user": "customer", "mailjet_conversion_event": "order_completed"}
        dbt_build(tmp_path, output, {"mailjet_schema": schema, **of_orders, **names}, package)
        for model in MODELS:
            found = connection.execute(f"SELECT * FROM models.mailjet__{model}").fetchall()
            assert_same(found, in_duckdb[model])


def _write_tracks(connection: psycopg.Connection[Any], orders: Sequence[Order]) -> None:
    """The orders in a table of many events, whose columns have other names."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA shop")
        cursor.execute(
            'CREATE TABLE shop.calls (id text, event text, customer text, "timestamp" timestamptz, revenue numeric)'
        )
        calls = [(order.id, "order_completed", order.user_id, order.at, order.revenue) for order in orders]
        others = [(f"{order.id}-seen", "product_viewed", order.user_id, order.at, None) for order in orders]
        cursor.executemany("INSERT INTO shop.calls VALUES (%s, %s, %s, %s, %s)", [*calls, *others])
    connection.commit()


def test_the_sql_of_the_command_gives_the_same_rows(account: Account, in_duckdb: Rows) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{account.duckdb_file}' AS file (READ_ONLY)")
        connection.execute("CREATE SCHEMA source")
        for kind in KINDS:
            connection.execute(f"CREATE VIEW source.{kind.stream} AS FROM file.main.{kind.stream}")
        make_empty_table(connection, "email_blocked")
        connection.execute("CREATE VIEW source.conversions AS FROM file.main.order_completed")
        make_models(connection)
        for model in MODELS:
            assert_same(connection.execute(f"FROM mailjet__{model}").fetchall(), in_duckdb[model])


@pytest.mark.long_series
def test_a_project_with_segments_own_tables_and_other_thresholds_has_the_same_campaigns(
    account: Account, in_duckdb: Rows, tmp_path: Path
) -> None:
    """They have fewer columns, times without a zone, another name for unsubscribes, and no blocked messages."""
    file, project = tmp_path / "segment.duckdb", tmp_path / "project"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"ATTACH '{account.duckdb_file}' AS file (READ_ONLY)")
        connection.execute("CREATE SCHEMA mailjet; SET TimeZone = 'UTC'")
        for kind in KINDS:
            table = "unsubscribed" if kind.stream == "email_unsubscribed" else kind.stream
            columns = SEGMENTS_COLUMNS + (", link_url" if kind.stream == "email_link_clicked" else "")
            connection.execute(f"CREATE TABLE mailjet.{table} AS SELECT {columns} FROM file.main.{kind.stream}")
    (project / "dbt_packages").mkdir(parents=True)
    (project / "dbt_packages" / "mailjet").symlink_to(PACKAGE)
    variables = {"mailjet_tables": {"email_unsubscribed": "unsubscribed"}, "mailjet_scanner_links": 4}
    description = {"name": "shop", "version": "1.0.0", "profile": "mailjet", "vars": {"mailjet": variables}}
    (project / "dbt_project.yml").write_text(json.dumps(description), "utf-8")
    dbt_build(tmp_path, {"type": "duckdb", "path": str(file)}, {}, project)
    columns = "campaign_id, campaign_name, email_subject, first_sent_at, messages, delivered, unsubscribed, opened_all"
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(f"SELECT {columns} FROM models.mailjet__campaigns").fetchall()
    with duckdb.connect(str(account.duckdb_file), read_only=True) as connection:
        assert_same(found, connection.execute(f"SELECT {columns} FROM models.mailjet__campaigns").fetchall())


def test_the_sql_of_the_command_is_what_dbt_compiles_now(tmp_path: Path) -> None:
    compile_models(tmp_path / "compiled")
    fresh = {path.name: path.read_text("utf-8") for path in (tmp_path / "compiled").iterdir()}
    shipped = {path.name: path.read_text("utf-8") for path in COMPILED.iterdir()}
    assert sorted(fresh) == sorted(shipped)
    assert [name for name in fresh if fresh[name] != shipped[name]] == [], "run make models, and commit what it writes"


def test_each_key_of_the_package_is_one_that_dbt_knows() -> None:
    """By dbt's own schemas, which it does not look at in DuckDB and PostgreSQL. dbt 2 takes no other key."""
    (schemas,) = DBT.parent.glob("lib/python*/site-packages/dbt/jsonschemas")
    described = [("project", PACKAGE / "dbt_project.yml")]
    described += [
        ("resources", file) for folder in ("models", "unit_tests") for file in (PACKAGE / folder).rglob("*.yml")
    ]
    assert len(described) > 5
    for kind, file in described:
        for schema in (schemas / kind).glob("*.json"):
            validator = Draft7Validator(json.loads(schema.read_text("utf-8")))
            errors = list(validator.iter_errors(yaml.safe_load(file.read_text("utf-8"))))
            parts = [part for error in errors for part in (error, *(error.context or ()))]
            # Of an object's other errors, some are expressions that are not yet values.
            unknown = [part for part in parts if kind == "project" or part.validator == "additionalProperties"]
            assert [part.message for part in unknown] == [], file


def assert_same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    """The same rows in any order; numbers up to rounding."""
    assert len(found) == len(expected) > 0
    for row, should in zip(_sorted(found), _sorted(expected), strict=True):
        assert list(row) == pytest.approx(list(should), rel=1e-9), should[0]


def _sorted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The first two columns are the grain of each model."""
    return sorted(rows, key=lambda row: (str(row[0]), str(row[1])))
