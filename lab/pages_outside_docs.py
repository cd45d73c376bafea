"""A hook of MkDocs: files beside `docs/` that its pages link to become part of the site, so that links work in both.

In the repository `docs/upgrades.md` links to `../CHANGELOG.md`; in the site both are in one folder. So the file is
added at its place below the root, and each link to it is written anew.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
OUTSIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "lab/benchmarks/RESULTS.md", "mailjet_collector/collector.schema.json")
_LINK = re.compile(r"(\]\()([^)#\s:]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    from mkdocs.structure.files import File

    for name in OUTSIDE:
        files.append(File.generated(config, name, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return in_site(markdown, page.file.src_uri)


def in_site(markdown: str, page: str) -> str:
    """The text of a page with each relative link as it is in the site. `page`: its place there, such as `docs.md`."""
    folder = posixpath.dirname(page if page in OUTSIDE else f"docs/{page}")

    def moved(match: re.Match[str]) -> str:
        begin, target, anchor, end = match.groups("")
        in_repository = posixpath.normpath(posixpath.join(folder, target))
        if in_repository not in OUTSIDE and not in_repository.startswith("docs/"):
            return match[0]
        place = in_repository.removeprefix("docs/")
        return f"{begin}{posixpath.relpath(place, posixpath.dirname(page) or '.')}{anchor}{end}"

    return _LINK.sub(moved, markdown)
