"""Mailjet's REST API: how it is asked within a budget, what its answers mean, its listings and the rows in them.

One request: `client`, with `counts` and `clock`; what an answer means is in `outcome`, what none means in `no_answer`.
One row: `fields` reads values, `rows` has a type for each row, `resources` is the table of the listings of events.
One listing: `pages` (page by page), `listing` (a window of time), `tally` and `counted` (every counted row must
arrive), `time_filter` (whether Mailjet filters by time), `windows` (arithmetic on spans).
Objects by id: `directory` (single requests or a listing), `whole_listing` (one that proves it is complete), `history`.
`errors` has what is raised, `phrases` the numbers and times of log lines.
"""
