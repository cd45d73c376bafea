"""Events from the store into warehouses by dlt: DuckDB, PostgreSQL, or any other destination of dlt's.

`loading` reads batches from the store, hands them on, and marks the consumer's place; `pipeline` is all that knows dlt.
`database` and `tables` look after what dlt does not: whose a table is, and how it is declared.
"""
