"""What Prometheus reads of a collector."""

from __future__ import annotations

from mailjet_collector.metrics import NOBODY, Metrics


def test_an_accounts_series_begin_at_zero_when_it_is_first_asked_for() -> None:
    metrics = Metrics()
    metrics.account("acme")
    text = metrics.text().decode()
    assert 'mailjet_collector_events_stored_total{account="acme"} 0.0' in text
    assert 'mailjet_collector_events_found_total{account="acme",kind="opened"} 0.0' in text
    assert 'mailjet_collector_leader{account="acme"} 0.0' in text


def test_two_objects_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.account("acme").resolved.inc(3)
    second.account("acme").resolved.inc(4)
    assert 'mailjet_collector_events_resolved_total{account="acme"} 3.0' in first.text().decode()


def test_posts_are_counted_by_answer() -> None:
    metrics = Metrics()
    metrics.count_post("acme", 200)
    metrics.count_post(NOBODY, 401)
    text = metrics.text().decode()
    assert 'mailjet_collector_posts_total{account="acme",status="200"} 1.0' in text
    assert 'mailjet_collector_posts_total{account="",status="401"} 1.0' in text
