"""django-anymail's Mailjet webhook as a project would run it: Django, one transaction a request, each event stored.

Run by the peers' interpreter: `python -m gunicorn --chdir lab/benchmarks anymail_peer:application`, with the path of an
SQLite database in `ANYMAIL_PEER_DATABASE`. The database syncs at each commit, as the collector's does (WAL, FULL).
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import include, path

SECRET = "anymail:a-password-of-16"
"""The user and password of the webhook's address."""

settings.configure(
    ALLOWED_HOSTS=["*"],
    ANYMAIL={"WEBHOOK_SECRET": SECRET},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["ANYMAIL_PEER_DATABASE"],
            "ATOMIC_REQUESTS": True,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
            },
        }
    },
    INSTALLED_APPS=["anymail"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a benchmark",
    USE_TZ=True,
)
django.setup()

from anymail.signals import tracking  # noqa: E402, needs the settings

urlpatterns = [path("anymail/", include("anymail.urls"))]


def store(sender: object, event: Any, esp_name: str, **arguments: object) -> None:
    """Stores one event as its item came, with what a report would ask for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO event (message_id, kind, recipient, happened_at, item) VALUES (%s, %s, %s, %s, %s)",
            [event.message_id, event.event_type, event.recipient, event.timestamp, str(event.esp_event)],
        )


tracking.connect(store, weak=False)
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS event (message_id, kind, recipient, happened_at, item)")
application = get_wsgi_application()
