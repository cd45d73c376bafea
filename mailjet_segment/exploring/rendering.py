"""The page: one HTML file that asks the network for nothing and runs no script but its own."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import pyarrow as pa
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from mailjet_segment.exploring.views import View

NOTE = (
    "Drag columns to group, split and filter; choose a chart in the settings. It works offline, and sends nothing. "
    "Addresses are digests, made for this file."
)
_POLICY = (
    "default-src 'none'; script-src 'sha256-{digest}' 'wasm-unsafe-eval'; worker-src blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
"""WebAssembly has to be compiled, and Perspective's engine runs in a worker that its script makes. Its elements bring
their styles with them. Nothing may be fetched."""


def render(title: str, tables: Mapping[str, pa.Table], views: Sequence[View]) -> str:
    """The page as text."""
    script = unpacked().decode()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(part("page.html").decode()).render(
        title=title,
        note=NOTE,
        policy=_POLICY.format(digest=digest),
        views=views,
        views_json=Markup(_json([vars(view) for view in views])),
        tables=[(name, _as_text(table)) for name, table in tables.items()],
        script=Markup(script),
    )


def part(name: str) -> bytes:
    """A file of the page."""
    return (files("mailjet_segment.exploring") / "page" / name).read_bytes()


def unpacked() -> bytes:
    """The script of the page."""
    return gzip.decompress(part("bundle.js.gz"))


def _json(value: object) -> str:
    """As it may stand in an element of a script."""
    return json.dumps(value).replace("<", "\\u003c")


def _as_text(table: pa.Table) -> str:
    """A table as Arrow's stream, packed, in base64."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return base64.b64encode(gzip.compress(sink.getvalue(), 6, mtime=0)).decode()
