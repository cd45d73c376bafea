"""`mailjet-segment doctor`: all that can be wrong with a setup, each thing with a name and a remedy.

Read `ailments` first, the table of all ailments, then `examination` (the findings so far). Each further file
looks at one part: `files`, `mailjet`, `addresses` (webhooks), `segment`, `stored` (the event store), `tables` (DuckDB).
`command` joins them.
"""
