"""Answers from the event tables: what each metric means, and the compiled models that compute it, in any place.

Read `answers` first, which opens a place and makes the models in it; `place` and `period` say where and when. `sources`
brings the tables of events from a `duckdb_source`, a `postgresql_source` or a `sqlite_source` into `source_tables`;
`conversions` is a table of the user's among them. `options` has what people can type, `output` what a file to write
cannot be, `reconciled` what the last `reconcile` found.

`compiled` reads the models. `metrics.json` and `compiled/` are written by `make models` from `analytics/`, the dbt
package; nothing here needs dbt.
"""
