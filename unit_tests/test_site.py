"""The site of the documents: links lead to what is outside of `docs/`, and nothing is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lab.documents import ROOT
from lab.pages_outside_docs import OUTSIDE, in_site
from lab.site_requests import foreign_requests


@pytest.mark.parametrize(
    "page, link, in_the_site",
    [
        ("upgrades.md", "../CHANGELOG.md", "CHANGELOG.md"),
        ("moving/segment.md", "../../CHANGELOG.md#unreleased", "../CHANGELOG.md#unreleased"),
        ("moving/segment.md", "../collector.md#tls", "../collector.md#tls"),
        ("CHANGELOG.md", "docs/moving/segment.md", "moving/segment.md"),
        ("scale.md", "../lab/benchmarks/RESULTS.md", "lab/benchmarks/RESULTS.md"),
        ("lab/benchmarks/RESULTS.md", "../../docs/scale.md", "../../scale.md"),
        ("design.md", "../unit_tests/laws", "../unit_tests/laws"),
        ("design.md", "#tests", "#tests"),
        ("design.md", "https://example.com/docs/a.md", "https://example.com/docs/a.md"),
    ],
)
def test_a_link_leads_to_the_same_page_in_the_site(page: str, link: str, in_the_site: str) -> None:
    assert in_site(f"See [that]({link}) too.", page) == f"See [that]({in_the_site}) too."


def test_the_menu_names_every_page_once() -> None:
    def pages(entry: object) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        entries = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ()
        return [page for inner in entries for page in pages(inner)]

    named = pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"])
    written = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    assert sorted(named) == sorted([*written, *(name for name in OUTSIDE if name.endswith(".md"))])


@pytest.mark.parametrize(
    "text, loaded",
    [
        ('<script src="https://cdn.example.com/a.js"></script>', "https://cdn.example.com/a.js"),
        ('<link rel="stylesheet" href="//fonts.example.com/css">', "//fonts.example.com/css"),
        ('<link rel="preconnect" href="https://fonts.example.com">', "https://fonts.example.com"),
        ('<img src="http://example.com/a.png">', "http://example.com/a.png"),
        ("<style>a { background: url('https://example.com/a.png') }</style>", "https://example.com/a.png"),
        ('<pre class="mermaid">', 'class="mermaid"'),
        ('<a href="https://example.com">read</a><link rel="canonical" href="https://example.com/a">', None),
        ('<script src="assets/a.js"></script><img src="data:image/png;base64,AA==">', None),
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(tmp_path: Path, text: str, loaded: str | None) -> None:
    (tmp_path / "index.html").write_text(f"<html><body>{text}</body></html>", "utf-8")
    (tmp_path / "own.css").write_text("a { background: url(own.png) }", "utf-8")
    assert foreign_requests(tmp_path) == ([f"index.html: {loaded}"] if loaded else [])


def test_what_a_style_sheet_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text('@import "https://example.com/a.css";', "utf-8")
    assert foreign_requests(tmp_path) == ["own.css: https://example.com/a.css"]
