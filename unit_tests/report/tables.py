"""The tables of the report's page, read from its plain HTML as a reader without a script has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

MARKS = ("p", "w", "a")
"""The classes of figures by audience: people, with privacy proxies, everything."""


@dataclass
class Cell:
    """The text of a cell for each audience; a text without a class is of all of them."""

    texts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(MARKS, ""))

    @property
    def text(self) -> str:
        return self.texts["p"]

    @property
    def all_texts(self) -> list[str]:
        return [self.texts[mark].strip() for mark in MARKS]


class PageTables(HTMLParser):
    """`rows[table]`: the rows of a table of the page by its id, the head left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: dict[str, list[list[Cell]]] = {}
        self.tags: list[str] = []
        self._table: str | None = None
        self._in_body = False
        self._marks: list[tuple[str, ...]] = []
        self._row: list[Cell] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        attributes = dict(attrs)
        if tag == "table":
            self._table = attributes["id"]
            self.rows[self._table or ""] = []
        elif tag in ("tbody", "tfoot"):
            self._in_body = True
        elif tag == "tr" and self._in_body and self._table:
            self._row = []
            self.rows[self._table].append(self._row)
        elif tag in ("td", "th") and self._row is not None:
            self._row.append(Cell())
            self._marks = [MARKS]
        elif tag == "span":
            names = (attributes.get("class") or "").split()
            self._marks.append(tuple(mark for mark in MARKS if mark in names))
        elif tag == "small":
            self._marks.append(())

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table, self._in_body = None, False
        elif tag == "tr":
            self._row = None
        elif tag in ("td", "th"):
            self._marks = []
        elif tag in ("span", "small") and self._marks:
            self._marks.pop()

    def handle_data(self, data: str) -> None:
        if self._row and self._marks:
            for mark in self._marks[-1]:
                self._row[-1].texts[mark] += data
