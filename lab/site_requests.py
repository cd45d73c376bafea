"""What the pages of a built site ask other servers for: `python -m lab.site_requests build/site` names it, and fails.

A link that somebody may follow is fine; a script, a style sheet, a font or a picture from elsewhere is not.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

_FOREIGN = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"""(?:url\(|@import\s+)\s*["']?((?:[a-z]+:)?//[^"')\s]+)""", re.IGNORECASE)
_LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("audio", "src"),
    ("video", "src"),
    ("object", "data"),
    ("embed", "src"),
    ("link", "href"),
    ("img", "srcset"),
}
_NOT_LOADED = {"canonical", "next", "prev", "edit", "alternate", "author", "license"}
"""What a `link` may point to elsewhere without being loaded."""
_LOADED_BY_THEME = 'class="mermaid"'
"""Material asks another server for the program that draws such a block."""


class _Loaded(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        if tag == "link" and set((words.get("rel") or "").split()) <= _NOT_LOADED:
            return
        self.addresses += [words[name] or "" for name in words if (tag, name) in _LOADED]


def foreign_requests(site: Path) -> list[str]:
    """What is loaded from elsewhere, each with the page or style sheet that does it."""
    found = []
    for page in sorted(site.rglob("*.html")):
        text = page.read_text("utf-8")
        parser = _Loaded()
        parser.feed(text)
        addresses = [address for address in parser.addresses if _FOREIGN.match(address)] + _IN_STYLE.findall(text)
        addresses += [_LOADED_BY_THEME] if _LOADED_BY_THEME in text else []
        found += [f"{page.relative_to(site)}: {address}" for address in addresses]
    for sheet in sorted(site.rglob("*.css")):
        found += [f"{sheet.relative_to(site)}: {address}" for address in _IN_STYLE.findall(sheet.read_text("utf-8"))]
    return found


def main(site: Path) -> int:
    pages = list(site.rglob("*.html"))
    found = foreign_requests(site)
    print(*found, sep="\n", file=sys.stderr)
    print(f"{len(pages)} pages; {len(found)} requests to other servers.")
    return 0 if pages and not found else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
