"""How a collector starts and ends, as a process."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

from event_store.store import Store
from lab.postgres import find_programs
from lab.postgres import running as running_postgres
from unit_tests.event_store.posts import NOW
from unit_tests.mailjet_collector.process import collecting, run, start, until, write_config
from unit_tests.mailjet_collector.running import (
    API_KEY,
    API_KEY_SECRET,
    NAME,
    OPEN,
    PASSWORD,
    Answered,
    Running,
    ask,
    basic,
    configuration,
    waiting,
)


def stored(address: str) -> int:
    return len(waiting(address))


def test_sigterm_ends_it_with_0_and_what_was_answered_is_stored(tmp_path: Path, address: str) -> None:
    with collecting(tmp_path, address) as (process, running):
        assert running.post([OPEN | {"MessageID": number} for number in range(1, 11)]).status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert stored(address) == 10


def test_sigterm_ends_it_with_0_also_while_it_waits_for_its_store(tmp_path: Path) -> None:
    process = start(write_config(tmp_path, configuration("postgresql://127.0.0.1:9/events")))
    assert process.stderr
    assert "Trying again for 60 s." in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_ctrl_c_ends_it_with_130(tmp_path: Path, sqlite_address: str) -> None:
    with collecting(tmp_path, sqlite_address) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 130


def test_at_the_end_readiness_goes_first_and_posts_are_still_taken(tmp_path: Path, sqlite_address: str) -> None:
    with collecting(tmp_path, sqlite_address) as (process, running):
        assert running.ask("GET", "/readyz").status == 200
        process.send_signal(signal.SIGTERM)
        until(lambda: running.ask("GET", "/readyz").status == 503, within_s=0.9)
        assert running.ask("GET", "/readyz").body == b"This collector is about to end.\n"
        assert running.ask("GET", "/healthz").status == 200
        assert running.post(OPEN).status == 200
        assert process.wait(15) == 0
    assert stored(sqlite_address) == 1


def refuses(running: Running) -> bool:
    """Whether it listens no more."""
    try:
        running.connect().close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_post_that_is_under_way_at_the_end_is_stored_and_answered(tmp_path: Path, sqlite_address: str) -> None:
    body = json.dumps([OPEN]).encode()
    authorization = basic(NAME, PASSWORD)["Authorization"]
    with collecting(tmp_path, sqlite_address) as (process, running), running.connect() as connection:
        head = f"POST /mailjet/acme HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        until(lambda: refuses(running))
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        assert process.wait(15) == 0
    assert stored(sqlite_address) == 1


def test_the_end_has_an_end_also_if_the_store_hangs(tmp_path: Path, sqlite_address: str) -> None:
    with collecting(tmp_path, sqlite_address) as (process, running):
        locking = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
        locking.execute("BEGIN IMMEDIATE")
        answers: list[Answered] = []
        thread = threading.Thread(target=lambda: answers.append(running.post(OPEN)))
        thread.start()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        thread.join()
        locking.close()
    assert [answer.status for answer in answers] == [503]
    assert stored(sqlite_address) == 0


def test_a_second_collector_on_one_sqlite_file_ends_with_1(tmp_path: Path, sqlite_address: str) -> None:
    with collecting(tmp_path, sqlite_address):
        said = ended_with_1(start(tmp_path / "collector.json"))
    assert said.startswith("mailjet-segment: Another collector runs on")


def test_two_collectors_share_one_postgresql(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    address = request.getfixturevalue("postgres").emptied()
    other = tmp_path / "other"
    other.mkdir()
    with collecting(tmp_path, address) as (_, first), collecting(other, address) as (_, second):
        assert [first.post([OPEN]).status, second.post([OPEN, OPEN | {"MessageID": 5}]).status] == [200, 200]
    assert stored(address) == 2


def test_an_account_of_another_key_ends_it_with_1_and_one_sentence(tmp_path: Path, sqlite_address: str) -> None:
    store = Store(sqlite_address)
    store.open_account(NAME, "another8", NOW)
    store.close()
    said = ended_with_1(start(write_config(tmp_path, configuration(sqlite_address))))
    assert said.startswith("mailjet-segment: The account acme of this store was read with another API key.")


def test_a_port_that_is_taken_ends_it_with_1_and_one_sentence(tmp_path: Path, sqlite_address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(write_config(tmp_path, configuration(sqlite_address)), "--port", str(port))
        said = ended_with_1(process)
    assert said == (
        f"mailjet-segment: 127.0.0.1 cannot be listened on at port {port} (Address already in use): give another.\n"
    )


def test_a_mistake_in_the_configuration_ends_it_with_1_and_one_sentence(tmp_path: Path, sqlite_address: str) -> None:
    said = ended_with_1(start(write_config(tmp_path, configuration(sqlite_address, name="Acme"))))
    assert said == (
        "mailjet-segment: Field 'accounts.0.name' of the configuration must be 1 to 40 of a-z, 0-9 and -.\n"
    )


def ended_with_1(process: subprocess.Popen[str]) -> str:
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    return said


def test_secrets_come_from_the_environment_and_from_files(
    tmp_path: Path, sqlite_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "key-of-the-environment")
    (tmp_path / "password").write_text("password-of-a-file\n")
    given = {"api_key": {"env": "THE_KEY"}, "webhook_password": {"file": "password"}}
    with collecting(tmp_path, sqlite_address, **given) as (_, running):
        posted = ask(running.port, "POST", "/mailjet/acme", b"[]", basic(NAME, "password-of-a-file"))
        read = ask(running.port, "GET", "/events/acme", None, basic("key-of-the-environment", API_KEY_SECRET))
    assert [posted.status, read.status] == [200, 200]


def test_neither_an_address_nor_a_credential_is_logged(tmp_path: Path, sqlite_address: str) -> None:
    with collecting(tmp_path, sqlite_address) as (process, running):
        for body in ([OPEN], b"?person@example.com", [OPEN | {"MessageID": "person@example.com"}]):
            assert running.post(body).status == 200
        assert running.ask("GET", "/events/acme?after=person@example.com", basic(API_KEY, API_KEY_SECRET)).status == 400
        running.ask("GET", f"/{PASSWORD}", basic(API_KEY, API_KEY_SECRET))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert "@" not in said
    assert not [secret for secret in (API_KEY, API_KEY_SECRET, PASSWORD) if secret in said]


def test_a_store_that_is_away_for_a_while_is_a_503_and_then_used_again(tmp_path: Path) -> None:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgres(programs) as server, collecting(tmp_path, server.database()) as (_, running):
        assert running.post(OPEN).status == 200
        server.stop("immediate")
        answer = running.post(OPEN | {"MessageID": 5})
        assert (answer.status, answer.headers["retry-after"]) == (503, "30")
        assert running.ask("GET", "/readyz").status == 503
        assert running.ask("GET", "/healthz").status == 200
        server.start()
        assert running.post(OPEN | {"MessageID": 5}).status == 200
        until(lambda: running.ask("GET", "/readyz").status == 200)
        assert stored(running.address) == 2


def post_while_it_lives(running: Running) -> int:
    """How many posts were answered."""
    for number in range(100_000):
        try:
            answer = running.post([OPEN | {"MessageID": number + 1}])
        except OSError:
            return number
        assert answer.status == 200
    raise AssertionError("it still lives")


def test_a_collector_that_is_killed_has_stored_what_it_answered(tmp_path: Path, address: str) -> None:
    with collecting(tmp_path, address) as (process, running):
        threading.Timer(1, process.kill).start()
        answered = post_while_it_lives(running)
    assert answered
    assert stored(address) in {answered, answered + 1}


def test_rejected_items_are_taken_again(tmp_path: Path, sqlite_address: str) -> None:
    path = write_config(tmp_path, configuration(sqlite_address))
    with collecting(tmp_path, sqlite_address) as (_, running):
        assert running.post(OPEN | {"event": "later"}).status == 200
        database = sqlite3.connect(tmp_path / "events.db")
        database.execute("UPDATE rejected SET body = ?", (json.dumps(OPEN).encode(),))  # as a later version reads it
        database.commit()
        database.close()
        assert running.post(OPEN | {"event": "never"}).status == 200
        done = run("collect", "replay-rejected", "--config", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    counted, outcome = done.stdout.splitlines()
    assert counted.startswith("Rejected items of acme: 2 (")
    assert outcome == "acme: 1 rejected items became events, 0 were stored already, 1 stay rejected."
    assert stored(sqlite_address) == 1


def test_forget_deletes_an_address_beside_a_running_collector(tmp_path: Path, address: str) -> None:
    with collecting(tmp_path, address) as (_, running):
        running.post([OPEN, OPEN | {"MessageID": 5, "email": "other@example.com"}, {"email": OPEN["email"]}])
        done = run("forget", "--config", str(tmp_path / "collector.json"), "--email", "API@mailjet.com")
        assert running.post([OPEN]).status == 200
    assert (done.returncode, done.stderr) == (0, "")
    counted, outcome, _elsewhere = done.stdout.splitlines()
    assert counted.startswith("Events looked at: 2 (")
    assert outcome.startswith("Deleted: 1 events, 1 rejected items, 0 copies ")
    assert stored(address) == 1


@pytest.mark.parametrize("words", [["forget", "--email", "a@example.com"], ["collect", "replay-rejected"]])
def test_a_store_that_does_not_exist_is_not_made(tmp_path: Path, words: list[str]) -> None:
    path = write_config(tmp_path, configuration("sqlite:///no-such.db"))
    done = run(*words, "--config", str(path), cwd=tmp_path, env={"PYTHONPATH": str(Path(__file__).parents[2])})
    assert done.returncode == 1
    assert done.stderr == (
        "mailjet-segment: There is no store no-such.db: run this in the folder that the collector was started in.\n"
    )
    assert not (tmp_path / "no-such.db").exists()
