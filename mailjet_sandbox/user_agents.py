"""What people and security software read mail with: the table behind `useragent`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class UserAgent:
    """A row of `useragent`, and the full text that Mailjet shows of it in `openinformation`."""

    id: int
    browser: str
    platform: str
    is_bot: bool
    is_mobile: bool
    full: str


_ROWS = (
    UserAgent(11, "Chrome 120", "Windows 10", False, False, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0"),
    UserAgent(
        12, "Safari 17", "iOS", False, True, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) Safari/604.1"
    ),
    UserAgent(13, "Firefox 121", "Linux", False, False, "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Firefox/121.0"),
    UserAgent(14, "GmailImageProxy", "Unknown", False, False, "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"),
    UserAgent(15, "Outlook 16", "Windows 11", False, False, "Microsoft Office/16.0 (Microsoft Outlook 16.0)"),
    UserAgent(16, "Samsung Internet", "Android", False, True, "Mozilla/5.0 (Linux; Android 14) SamsungBrowser/23.0"),
    UserAgent(21, "Barracuda Sentinel", "Unknown", True, False, "Barracuda Sentinel (EE)"),
    UserAgent(22, "Mimecast", "Unknown", True, False, "Mozilla/5.0 (compatible; mimecast-url-scanner)"),
)

PRIVACY_PROXY = UserAgent(31, "Unknown", "Unknown", False, False, "Mozilla/5.0")
"""What Apple's Mail Privacy Protection shows of itself when it fetches pictures; `plants` alone uses it."""

USER_AGENTS: Mapping[int, UserAgent] = {row.id: row for row in (*_ROWS, PRIVACY_PROXY)}
PEOPLE_USE = tuple(row.id for row in _ROWS if not row.is_bot)
BOTS = tuple(row.id for row in _ROWS if row.is_bot)

NO_AGENT = 0
"""In a row: Mailjet does not know what opened the message."""
FORGOTTEN_AGENT = 99
"""An agent that rows name, and that `useragent/99` does not find."""
