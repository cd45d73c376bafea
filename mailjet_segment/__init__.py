"""The command `mailjet-segment`: both connectors without Airbyte, the collector, and a place to try all of them.

Read `cli` first, then the command you need: `sync_command`, `demo`, `live_demo`, `sandbox_command`, `collect_command`,
`webhooks_command` or `forget_command`. `sync` joins a sync: `reading`
and `loading` (into DuckDB, over PyAirbyte), `warehouse` (the tables), `views` and `funnel`, `outbox`, `outbox_source`
and `delivering` (to Segment), `history` (the events of the past). `connectors`, `connector_process` and
`connector_words` run the connectors; `failure`, `stopping`, `progress` and `report` talk to the user.
"""
