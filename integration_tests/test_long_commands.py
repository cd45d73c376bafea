"""What a command beside a collector shows on a terminal while it works for long."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

from event_store.store import Store
from event_store.values import Post, Refused
from integration_tests.terminal import on_a_terminal

ITEMS = 400


def test_a_bar_grows_while_rejected_items_are_taken_again(tmp_path: Path) -> None:
    address, now = f"sqlite:///{tmp_path / 'events.db'}", datetime.now(timezone.utc)
    account = {"name": "shop", "api_key": "k" * 32, "api_key_secret": "s" * 32, "webhook_password": "p" * 20}
    config = tmp_path / "collector.json"
    config.write_text(json.dumps({"store": address, "accounts": [account]}), "utf-8")
    store = Store(address)
    store.open_account("shop", "0123abcd", now)
    opens = [f'{{"event":"open","time":1769800000,"MessageID":{number}}}' for number in range(1, ITEMS + 1)]
    store.receive([Post("shop", now, [], [Refused("as an older version saw it", body.encode()) for body in opens])])
    store.close()
    words = ["collect", "replay-rejected", "--config", str(config)]
    with on_a_terminal(Path(sys.executable).parent / "mailjet-segment", words, tmp_path) as terminal:
        terminal.wait_for("Rejected items of shop")
        terminal.wait_for("╺")
        assert terminal.end() == 0
    assert f"Rejected items of shop: {ITEMS} (" in terminal.shown
    assert f"shop: {ITEMS} rejected items became events" in terminal.shown
