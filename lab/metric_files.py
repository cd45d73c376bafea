"""What is written from `analytics/metrics.yml`: the models' macro, the JSON of the command, and `docs/metrics.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from mailjet_segment.analytics.metrics import AUDIENCES, Metric

ROOT = Path(__file__).parent.parent
DEFINITIONS = ROOT / "analytics" / "metrics.yml"
MADE_BY = "Written by `make models` from analytics/metrics.yml: change that."

OWN_COLUMNS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "mailjet__campaigns": (
        "Each campaign with its counts and rates, by the time at which messages were sent. Grain, one campaign.",
        {
            "campaign_id": "The campaign; an empty text for messages of none.",
            "campaign_name": "Its name that was read last.",
            "email_subject": "The subject, if all of its messages have the same.",
            "first_sent_at": "When its first message was sent.",
            "last_sent_at": "When its latest message was sent.",
        },
    ),
    "mailjet__domains": (
        "Each mailbox provider with its counts and rates. A domain that is no known provider has a row of its own from "
        "a share of the messages on; the others are Other. Grain, one provider.",
        {
            "provider": "The provider, the domain, Other, or Unknown for messages without an address.",
            "reports_complaints": "False for Gmail, which reports no complaints to senders.",
            "first_sent_at": "When the first message to it was sent.",
            "last_sent_at": "When the latest message to it was sent.",
        },
    ),
}
"""The models with metrics: what they are, and their other columns, of which the first is the grain."""
AUDIENCE_WORDS: Mapping[str, str] = {
    "people": "Of people.",
    "with_privacy": "Of people and privacy proxies.",
    "all": "Of everybody, software included.",
}
NO_VALUE: Mapping[str, Any] = {"denominator": None, "value": None, "quantile": None}

HEAD = f"""\
<!-- {MADE_BY} -->

# Metrics

What each number of the report, the terminal and the models means. All are computed from `mailjet__messages`, the model
with one row for each message ([models.md](models.md)): one message is one email to one recipient, and it counts once
however often it was opened.

**Audiences.** Opens and clicks are of *people*, of people *with privacy* proxies, or of *all*, which includes
software that Mailjet or a rule knows. A click counts as an open. [models.md](models.md#who-opened-and-who-clicked)
says how they are told apart; nothing is dropped.

**By send.** An event belongs to the campaign and the time at which its message was sent, however late it comes: the
rates of a campaign grow for weeks. Only pictures over the hours of the day use an event's own time, and say so.
"""


def read_definitions(path: Path = DEFINITIONS) -> list[Metric]:
    """The metrics in the order of the file; raises `ValueError` if one is incomplete or not of its kind."""
    rows: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    found = [Metric(**{**NO_VALUE, **row, "sources": tuple(row["sources"])}) for row in rows]
    for metric in found:
        _refuse_half_defined(metric)
    names = [column for metric in found for column in metric.columns]
    if len(set(names)) < len(names):
        raise ValueError("Two metrics have one column.")
    return found


def to_files(found: Sequence[Metric]) -> Mapping[Path, str]:
    """The text of each file that is written."""
    rows = [{**asdict(metric), "sources": list(metric.sources)} for metric in found]
    return {
        ROOT / "analytics" / "macros" / "metrics.sql": to_macro(found),
        ROOT / "analytics" / "models" / "metric_models.yml": to_model_descriptions(found),
        ROOT / "mailjet_segment" / "analytics" / "metrics.json": json.dumps(rows, indent=1, ensure_ascii=False) + "\n",
        ROOT / "docs" / "metrics.md": to_page(found),
    }


def write_metric_files() -> None:
    for path, text in to_files(read_definitions()).items():
        path.write_text(text, encoding="utf-8")


def to_macro(found: Sequence[Metric]) -> str:
    """The dbt macro with a column for each count, rate and duration."""
    columns = ",\n".join(f"    {column}" for metric in found for column in _sql_columns(metric))
    return f"{{# {MADE_BY} #}}\n{{% macro mailjet_metric_columns() -%}}\n{columns.strip()}\n{{%- endmacro %}}\n"


def to_model_descriptions(found: Sequence[Metric]) -> str:
    """The properties of the models with metrics: a description of each column, and the tests of the grain."""
    texts = [f"# {MADE_BY}\nversion: 2\n\nmodels:"]
    for model, (description, own_columns) in OWN_COLUMNS.items():
        texts.append(f"  - name: {model}\n    description: {json.dumps(description)}\n    columns:")
        tests = "\n        data_tests: [unique, not_null]"
        for name, meaning in own_columns.items():
            texts.append(f"      - name: {name}\n        description: {json.dumps(meaning)}{tests}")
            tests = ""
        for metric in found:
            for column in metric.columns:
                texts.append(f"      - name: {column}\n        description: {json.dumps(_described(metric, column))}")
    return "\n".join(texts) + "\n"


def to_page(found: Sequence[Metric]) -> str:
    """`docs/metrics.md`."""
    return HEAD + "".join(_section(metric) for metric in found)


def _sql_columns(metric: Metric) -> Iterator[str]:
    for audience in metric.audiences:
        yield f"{to_expression(metric, audience)} as {metric.column.format(audience=audience)}"


def to_expression(metric: Metric, audience: str = "") -> str:
    """The SQL of a metric over rows of `mailjet__messages`, with the macros that differ between databases."""
    numerator = metric.numerator.format(audience=audience)
    if metric.kind == "count":
        return f"count(case when {numerator} then 1 end)"
    if metric.kind == "rate":
        denominator = (metric.denominator or "").format(audience=audience)
        return (
            f"cast(count(case when {numerator} then 1 end) as {{{{ mailjet_double() }}}})"
            f"\n        / nullif(count(case when {denominator} then 1 end), 0)"
        )
    value = f"case when {numerator} then {metric.value} end"
    return f'{{{{ mailjet_percentile("{value}", {metric.quantile}) }}}}'


def _section(metric: Metric) -> str:
    lines = [
        f"\n## {metric.title}\n",
        f"{metric.sentence}\n",
        "| | |",
        "|---|---|",
        f"| columns | {', '.join(f'`{column}`' for column in metric.columns)} |",
        f"| counted | {_code(metric.numerator)} |",
    ]
    if metric.denominator:
        lines.append(f"| divided by | {_code(metric.denominator)} |")
    if metric.value:
        lines.append(f"| value | `{metric.value}`, quantile {metric.quantile} |")
    lines += [
        f"| left out | {metric.left_out} |",
        f"| at Mailjet | {metric.mailjet_name or 'has no such figure'} |",
        f"| sources | {'; '.join(metric.sources)} |",
    ]
    return "\n".join(lines) + "\n"


def _described(metric: Metric, column: str) -> str:
    audience = next((name for name in AUDIENCES if metric.has_audience and column.endswith(f"_{name}")), None)
    return f"{metric.sentence} {AUDIENCE_WORDS[audience]}" if audience else metric.sentence


def _code(condition: str) -> str:
    return "all messages" if condition == "true" else f"`{condition}`"


def _refuse_half_defined(metric: Metric) -> None:
    needs = {"count": (False, False), "rate": (True, False), "duration": (False, True)}[metric.kind]
    if (metric.denominator is not None, metric.value is not None) != needs:
        raise ValueError(f"{metric.name}: a {metric.kind} has not these parts.")
    if (metric.quantile is not None) != (metric.kind == "duration"):
        raise ValueError(f"{metric.name}: only a duration has a quantile.")
    if len(metric.short) > 10:
        raise ValueError(f"{metric.name}: the short title is longer than ten characters.")
    parts = f"{metric.numerator} {metric.denominator}"
    if ("{audience}" in parts) != metric.has_audience:
        raise ValueError(f"{metric.name}: the column and the conditions do not agree about the audience.")
