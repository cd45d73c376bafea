"""Texts that a spreadsheet would take for formulas. Subjects, names and links are written by others than the reader.

In CSV, such a text gets an apostrophe before it, and so does one that begins with an apostrophe: whoever takes one away
from each text that has one has the texts as they were. In a workbook, cells say that they are texts, and Excel keeps
that also after somebody has edited one ("quote prefix"): there the texts stay as they are.

Which characters: OWASP, "CSV Injection".
"""

from __future__ import annotations

APOSTROPHE = "'"
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What formulas begin with; the last four are wide forms of the first four, which some spreadsheets read alike."""


def looks_like_formula(text: str) -> bool:
    return text.startswith(STARTS)


def defused_in_sql(column: str) -> str:
    """An expression of DuckDB's: the column's text, defused. `column` is quoted."""
    listed = ", ".join(f"chr({ord(start)})" for start in (*STARTS, APOSTROPHE))
    return f"CASE WHEN left({column}, 1) IN ({listed}) THEN chr({ord(APOSTROPHE)}) || {column} ELSE {column} END"
