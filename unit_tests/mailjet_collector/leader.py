"""A process that leads the account of the tests until it is killed."""

from __future__ import annotations

import threading

from mailjet_collector.config import AccountConfig, SegmentConfig, UserIdRule
from mailjet_collector.leading import Leading
from mailjet_collector.metrics import Metrics
from mailjet_sandbox.sandbox import API_KEY, API_KEY_SECRET
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY
from unit_tests.mailjet_collector.posted import ACCOUNT
from unit_tests.mailjet_collector.stage import LONG_AGO, config_of, open_store


def main(address: str, mailjet_url: str, segment_url: str) -> None:
    account = AccountConfig(
        name=ACCOUNT,
        api_key=API_KEY,
        api_key_secret=API_KEY_SECRET,
        api_url=mailjet_url,
        unsubscribe_event_name="Email Unsubscribed",
        engagement_days=30,
        max_requests_per_second=1_000,
        webhook_passwords=("a-password-of-a-test",),
        user_id=UserIdRule("none", "", ()),
        start=None,
        segment=SegmentConfig(DEMO_WRITE_KEY, segment_url, LONG_AGO),
    )
    Leading(config_of(account), open_store(address, account), Metrics(), threading.Event())
    print("leads", flush=True)
    threading.Event().wait()
