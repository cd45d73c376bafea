"""A form as HTML, in the order and with the folding of Airbyte's web app; its looks are only like it."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from lab.airbyte_form.layout import Field, Group, Schema, groups_of, options_of

_STYLE = """
body { margin: 0; background: #f8f8fa; color: #1a1a2e; font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 680px; margin: 24px auto; padding: 0 16px; }
h1 { font-size: 20px; }
section { background: #fff; border: 1px solid #dcdce6; border-radius: 8px; padding: 4px 20px 16px; margin: 16px 0; }
h2 { font-size: 16px; margin: 14px 0 2px; }
.field { margin-top: 16px; }
label, summary, .name { font-weight: 600; }
.optional { font-weight: 400; color: #5f5f7a; margin-left: 6px; }
.help { margin: 2px 0 6px; color: #4a4a63; font-size: 14px; overflow-wrap: anywhere; }
input:not([type=radio]), select { box-sizing: border-box; width: 100%; padding: 8px 10px; font: inherit;
  border: 1px solid #b8b8c8; border-radius: 6px; background: #fff; color: inherit; }
.radio { display: block; font-weight: 400; margin: 6px 0; }
.inner { border-left: 3px solid #615eff; margin: 10px 0 0 4px; padding-left: 14px; }
details { margin-top: 18px; border-top: 1px solid #dcdce6; padding-top: 12px; }
"""


def draw(name: str, specification: Schema, unfolded: bool = False) -> str:
    """The page of a connector's form. `unfolded`: the optional fields are open, and every option shows its fields."""
    groups = "".join(_draw_group(group, unfolded) for group in groups_of(specification))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(name)}</h1>{groups}</main></body></html>\n"
    )


def _draw_group(group: Group, unfolded: bool) -> str:
    return f"<section><h2>{escape(group.title)}</h2>{_draw_fields(group.shown, group.folded, unfolded)}</section>"


def _draw_fields(shown: tuple[Field, ...], folded: tuple[Field, ...], unfolded: bool) -> str:
    above = "".join(_draw_field(field, unfolded) for field in shown)
    below = "".join(_draw_field(field, unfolded) for field in folded)
    opened = " open" if unfolded else ""
    return above + (f"<details{opened}><summary>Optional fields</summary>{below}</details>" if below else "")


def _draw_field(field: Field, unfolded: bool) -> str:
    schema = field.schema
    title = escape(str(schema.get("title", field.path)))
    optional = "" if field.required or "oneOf" in schema else '<span class="optional">Optional</span>'
    help_text = f'<p class="help">{escape(str(schema.get("description", "")))}</p>'
    if "oneOf" in schema:
        return f'<div class="field"><span class="name">{title}</span>{help_text}{_draw_choice(field, unfolded)}</div>'
    place = escape(field.path)
    control = _draw_control(place, schema)
    return f'<div class="field"><label for="{place}">{title}{optional}</label>{help_text}{control}</div>'


def _draw_control(place: str, schema: Schema) -> str:
    if "enum" in schema:
        options = "".join(_option(str(word), word == schema.get("default")) for word in schema["enum"])
        return f'<select id="{place}">{options}</select>'
    kind = "password" if schema.get("airbyte_secret") else "text"
    default = schema.get("default")
    value = "" if default in (None, "", []) else _as_text(default)
    hint = schema.get("pattern_descriptor") or ", ".join(map(_as_text, schema.get("examples", ())))
    return f'<input id="{place}" type="{kind}" value="{escape(value)}" placeholder="{escape(str(hint))}">'


def _draw_choice(field: Field, unfolded: bool) -> str:
    options = options_of(field)
    titles = [str(option.schema.get("title", option.word)) for option in options]
    if field.schema.get("display_type") == "radio":
        control = "".join(
            f'<label class="radio"><input type="radio" name="{escape(field.path)}"{" checked" if not number else ""}> '
            f"{escape(title)}</label>"
            for number, title in enumerate(titles)
        )
    else:
        shown = "".join(_option(title, not number) for number, title in enumerate(titles))
        control = f'<select aria-label="{escape(str(field.schema.get("title", "")))}">{shown}</select>'
    drawn = options if unfolded else options[:1]
    inner = "".join(
        _draw_option(title, option.schema, _draw_fields(option.shown, option.folded, unfolded), unfolded)
        for title, option in zip(titles, drawn, strict=False)
    )
    return control + inner


def _draw_option(title: str, schema: Schema, fields: str, named: bool) -> str:
    name = f'<span class="name">{escape(title)}</span>' if named else ""
    description = schema.get("description")
    help_text = f'<p class="help">{escape(str(description))}</p>' if description else ""
    return f'<div class="inner">{name}{help_text}{fields}</div>' if name or help_text or fields else ""


def _option(title: str, chosen: bool) -> str:
    return f"<option{' selected' if chosen else ''}>{escape(title)}</option>"


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
