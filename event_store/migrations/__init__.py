"""The steps from an empty database to the present schema, in `versions`; `apply.py` takes them.

A step is never changed once it was released: a change of the schema is a new file, and `schema.py` says the sum.
"""
