"""Events from the store into warehouses by dlt: DuckDB, PostgreSQL, or any other destination of dlt's.

`loading` reads batches from the store, hands them on, and marks the consumer's place; `pipeline` is all that knows dlt.
`database` and `tables` do two things that dlt does not: they know whose a table is, and declare it.
"""
