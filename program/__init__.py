"""The parts that every program of this project needs, once. It knows no service and no platform.

Read `failure` first: the sentence and the kind of a failure, which every other package raises. A configuration
is read by `json_file`, completed by `secret_text`, judged by `configuration` with the sentences of `broken_rule`;
`origin` and `credential` say which addresses and keys can be used. A request: `http_session` (its connection),
`http_trouble` (why there is no answer), `retry_after` and `backoff` (when to try again), `budget` (how often).
`process` and `command_line`: how a program begins. `signals`: SIGTERM and SIGINT as events.
"""
