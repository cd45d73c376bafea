"""Answers from the event tables: what each metric means, and the compiled models that compute it.

`metrics.json` and `compiled/` are written by `make models` from `analytics/`, the dbt package; nothing here needs dbt.
"""
