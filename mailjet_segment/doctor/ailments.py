"""The table of all that doctor looks for. Each name is a heading of `docs/doctor.md`, which says more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["mend", "look"]
"""`mend`: events are missing, wrong or late until somebody acts. `look`: it may be as the user wants it."""


@dataclass(frozen=True)
class Ailment:
    """`remedy`: one sentence that says what to do."""

    level: Level
    remedy: str


AILMENTS: Mapping[str, Ailment] = {
    "config-wrong": Ailment("mend", "Correct the file as the sentence says, or write it anew: mailjet-segment init."),
    "config-open": Ailment("look", "Let nobody else read the keys: chmod 600 FILE."),
    "start-date": Ailment("mend", "Set an earlier start_date: events before it are not read."),
    "mailjet-unreachable": Ailment("mend", "Check api_url, this machine's network and its proxy, then try again."),
    "mailjet-other-server": Ailment("mend", "Set api_url to https://api.mailjet.com or https://api.us.mailjet.com."),
    "mailjet-keys": Ailment("mend", "Copy both keys again from Mailjet: Account settings, API key management."),
    "mailjet-host": Ailment("mend", "Set api_url to the host that takes the keys."),
    "mailjet-permission": Ailment("mend", "Give the key these permissions in Mailjet's API key management."),
    "mailjet-rate-limit": Ailment(
        "look", "Lower max_requests_per_second, or find the other program that uses the same key."
    ),
    "mailjet-clock": Ailment("mend", "Set this machine's clock, best by NTP: events are read up to the earlier clock."),
    "no-messages": Ailment("look", "Check that the keys are of the account or sub-account that sends your mail."),
    "opens-not-tracked": Ailment("look", "Switch on the tracking of opens, if you want email_opened."),
    "clicks-not-tracked": Ailment("look", "Switch on the tracking of clicks, if you want email_link_clicked."),
    "property-absent": Ailment(
        "mend", 'Name the contact property with your user ids in user_id, or set user_id to {"from": "none"}.'
    ),
    "property-twins": Ailment("look", "Delete one of the two contact properties, or write the other's exact name."),
    "identity-coverage": Ailment("look", "Fill the contact property for more contacts: all others are anonymous."),
    "webhooks-none": Ailment("mend", "Run: mailjet-segment webhooks register --config FILE."),
    "webhooks-others": Ailment("mend", "Run: mailjet-segment webhooks register --take-over --config FILE."),
    "webhooks-suspended": Ailment("mend", "Mend what kept posts from being answered, then run: webhooks register."),
    "segment-unreachable": Ailment("mend", "Check region, this machine's network and its proxy, then try again."),
    "segment-region": Ailment("mend", "Set region to that of your workspace, and copy the write key again."),
    "segment-new": Ailment("look", "If key and region are right, say --history send or skip at the next sync."),
    "segment-waiting": Ailment("look", "Run a sync with --destination-config, and read what it says at its end."),
    "events-left-out": Ailment("look", "See the warnings of the syncs: Segment would drop, or refused, these events."),
    "store-missing": Ailment("look", "Run the first sync; if there was one, give its --duckdb or --store."),
    "store-broken": Ailment("mend", "See that the store can be reached and read; else restore it from a backup."),
    "store-later": Ailment("mend", "Use the newer version of mailjet-segment that made the store."),
    "store-other-key": Ailment("mend", "Give the --store (or --duckdb) of these keys, or a new one for a new account."),
    "state-unreadable": Ailment("mend", "Use the release that wrote it or a newer one, or begin with another store."),
    "state-held-back": Ailment("mend", "Run a sync and read what it says: it goes on from there once that is mended."),
    "sync-failed": Ailment("mend", "Do what the sentence says; the next sync goes on from there."),
    "sync-old": Ailment("mend", "See why the schedule does not run: its log, its user, its folder."),
    "target-behind": Ailment("look", "Sync with the same --to again, if the target is still wanted."),
    "rejected-items": Ailment("look", "After an upgrade run: mailjet-segment collect replay-rejected --config FILE."),
    "duckdb-later": Ailment("mend", "Upgrade DuckDB: pip install --upgrade duckdb."),
    "duckdb-busy": Ailment("look", "Close the other program: only one can have the file open while a sync loads."),
    "duckdb-foreign": Ailment("mend", "Rename that table, or load into another file."),
    "duckdb-broken": Ailment("mend", "Give another --duckdb: the next sync loads everything into it."),
}
