"""The models' tables as files: Parquet, CSV, or a workbook of Excel's.

Read `command` first. `selection` says which tables, `folder` writes a file for each by DuckDB, `workbook` a sheet for
each; `formulas` keeps texts from being taken for formulas.
"""
