"""Who opened and who clicked: what the rules find of what was planted, as docs/people-and-software.md shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from mailjet_sandbox.sandbox import Sandbox
from unit_tests.analytics.answers_of_truth import make_models
from unit_tests.analytics.model_tables import Rows, load
from unit_tests.conftest import Reader
from unit_tests.series import cases

PAGE = Path(__file__).parents[2] / "docs" / "people-and-software.md"
OF_REST = ("click_delay_s", "agent_browser", "agent_platform", "is_bot", "is_mobile")
"""The columns of opens and clicks that no webhook fills."""
MEANT = {"human": "human", "privacy": "likely_privacy", "scanner": "likely_scanner", "bot": "bot"}
"""The models' word for each actor."""
WHO = {
    ("human", ""): "a person",
    ("human", "fast"): "a person, within 20 s of the delivery",
    ("human", "tabs"): "a person, three links within seconds, hours later",
    ("human", "bare"): "a person, with an agent as bare as a proxy's",
    ("privacy", "proxy"): "a privacy proxy",
    ("scanner", "scanner"): "a scanner of all links",
    ("scanner", "gateway"): "a gateway that tries one link",
    ("bot", ""): "a bot that Mailjet flags",
}

Found = Mapping[tuple[str, str, str, str], int]
"""Events by kind, true actor, plant, and the actor that the models name."""


def _as_posted(rows: Rows, sandbox: Sandbox) -> Rows:
    """The rows as a collector has them: a webhook tells the text of the agent, and not what Mailjet makes of it."""
    agents = {event.id: event.agent.full for event in sandbox.truth() if event.agent}
    posted = {}
    for stream, each in rows.items():
        posted[stream] = [
            {
                **{name: value for name, value in row.items() if name not in OF_REST},
                **({"context_user_agent": agents[row["id"]]} if row["id"] in agents else {}),
            }
            for row in each
        ]
    return posted


def find(seed: int, way: str) -> Found:
    """What the models say of a planted account that was read by REST or came by webhooks."""
    with Sandbox(seed=seed, messages=2_000, planted=True) as sandbox:
        rows: Rows = Reader()(sandbox).records
        if way == "webhooks":
            rows = _as_posted(rows, sandbox)
        truth = {event.id: event for event in sandbox.truth() if event.actor}
    with load(rows) as connection:
        make_models(connection)
        decided = connection.execute("SELECT event_id, actor FROM mailjet__events WHERE actor IS NOT NULL").fetchall()
    assert {event_id for event_id, _ in decided} == truth.keys()
    return Counter(
        (truth[event_id].kind, str(truth[event_id].actor), truth[event_id].plant, actor) for event_id, actor in decided
    )


def _count(
    found: Found, kind: str, truth: str | None = None, actor: str | None = None, plant: str | None = None
) -> int:
    return sum(
        number
        for (of_kind, of_truth, of_plant, of_actor), number in found.items()
        if of_kind == kind and truth in (None, of_truth) and actor in (None, of_actor) and plant in (None, of_plant)
    )


@pytest.fixture(scope="module")
def by_rest() -> Found:
    return find(1, "REST")


@pytest.mark.parametrize(
    ("seed", "way"),
    cases([(seed, way) for seed in range(1, 7) for way in ("REST", "webhooks")], always=[(1, "REST"), (1, "webhooks")]),
)
def test_no_human_click_is_lost_and_nearly_all_scanners_are_found(seed: int, way: str) -> None:
    found = find(seed, way)
    clicks, human = _count(found, "clicked", "human"), _count(found, "clicked", "human", "human")
    assert clicks == human > 150
    assert _count(found, "clicked", "human", plant="fast") >= 5
    assert _count(found, "clicked", "human", plant="tabs") >= 5
    scanned = _count(found, "clicked", "scanner")
    assert _count(found, "clicked", "scanner", "likely_scanner") >= 0.95 * scanned > 150
    assert _count(found, "clicked", "bot", "bot") == _count(found, "clicked", "bot") > 5


def test_opens_by_privacy_proxies_are_found_and_those_of_people_are_not_taken_for_them(by_rest: Found) -> None:
    proxied, called = _count(by_rest, "opened", "privacy"), _count(by_rest, "opened", actor="likely_privacy")
    both = _count(by_rest, "opened", "privacy", "likely_privacy")
    assert both / proxied > 0.85
    assert both / called > 0.95


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def to_tables(found: Found) -> str:
    """The page's two tables: who was taken for whom, and how often the models are right."""
    actors = list(MEANT.values())
    lines = [f"| {' | '.join(['who it was', 'events', *(f'`{actor}`' for actor in actors)])} |"]
    lines.append(f"|---|{'---:|' * (len(actors) + 1)}")
    for kind, word in (("clicked", "clicks"), ("opened", "opens")):
        for (truth, plant), who in WHO.items():
            whole = _count(found, kind, truth, plant=plant)
            numbers = [_count(found, kind, truth, actor, plant) for actor in actors]
            if whole:
                cells = [f"{who}: {word}", f"{whole:,}", *(f"{number:,}" if number else "" for number in numbers)]
                lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
    lines += ["", "| of | recall | precision |", "|---|---:|---:|"]
    for kind, word in (("clicked", "clicks"), ("opened", "opens")):
        for truth, actor in MEANT.items():
            both = _count(found, kind, truth, actor)
            whole, called = _count(found, kind, truth), _count(found, kind, actor=actor)
            if whole:
                lines.append(f"| {word}, `{actor}` | {_share(both, whole)} | {_share(both, called)} |")
    return "\n".join(lines)


def test_the_page_shows_what_the_rules_find_on_the_demos_account(by_rest: Found) -> None:
    tables = to_tables(by_rest)
    print(tables)
    assert tables in PAGE.read_text("utf-8")


def test_every_plant_of_the_account_is_on_the_page(by_rest: Found) -> None:
    assert {(truth, plant) for _, truth, plant, _ in by_rest} == set(WHO)
