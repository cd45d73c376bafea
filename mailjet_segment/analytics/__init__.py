"""Answers from the event tables: what each metric means, and the compiled models that compute it, in any place.

Read `answers` first, which opens a place and makes the models in it; `place` and `period` say where and when, `sources`
brings the tables of events from wherever they are. `metrics.json` and `compiled/` are written by `make models` from
`analytics/`, the dbt package; nothing here needs dbt.
"""
