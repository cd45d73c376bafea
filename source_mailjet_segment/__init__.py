"""The Airbyte source: spec, catalog, streams and messages over `mailjet_reading`, on the concurrent CDK.

Read in the order of a run: `start` and `first_look` (before the CDK is imported), `run` (the command), `source` (joins
everything), `config`, `selection` (catalog and states), `streams` (the streams that the CDK runs), `partitions` (the
order in which feeds are read), `cursor` (records and states). On the way out: `record_batch`, `stoppable_queue`,
`stream_statuses`, `final_error`, `ending`.
The log: `sync_log`, `progress`, `log_filters`. The catalog: `schemas`, `column_meanings`.

docs/design.md has a table of the parts of the CDK that are used and replaced, and says when to delete each workaround.
"""
