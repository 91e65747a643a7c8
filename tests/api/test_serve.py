"""`twinql serve` as a person starts it: a real process, a real database of its own, real sockets."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.issuer import published
from tests.served import ENV, Served, served, twinql


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("serve") / "data", "--no-demo") as running:
        yield running


def test_it_says_where_it_listens_and_is_ready(server: Served) -> None:
    assert f"ws://127.0.0.1:{server.port}/graphql" in server.announced
    assert server.client.get("/readyz").json() == {"ready": True}
    assert "twinql_pool_size" in server.client.get("/metrics").text


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_on_all_addresses_it_prints_one_to_click(tmp_path: Path, host: str) -> None:
    with (
        published() as issuer,
        served(tmp_path / "data", "--no-demo", "--host", host, SUPABASE_URL=issuer.url) as running,
    ):
        assert f"TwinQL is ready, on all addresses of this machine ({host})." in running.announced
        assert f"http://localhost:{running.port}/graphql" in running.announced


REFUSED = 'twinql_http_requests_total{method="POST",path="/graphql",status="413"}'


def _figure(server: Served, name: str) -> float:
    lines = server.client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def test_metrics_tell_rows_followers_and_errors(server: Served) -> None:
    def ask(query: str) -> Any:
        return server.client.post("/graphql", json={"query": query}).json()

    site = ask('mutation { createSite(input: {name: "S", timeZone: "UTC"}) { site { id } } }')["data"]["createSite"][
        "site"
    ]
    kind = "quantity: TEMPERATURE, unit: DEGREE_CELSIUS, kind: INSTANTANEOUS"
    made = ask(
        f'mutation {{ createChannel(input: {{siteId: "{site["id"]}", key: "t", {kind}}}) {{ channel {{ id }} }} }}'
    )
    channel = made["data"]["createChannel"]["channel"]["id"]
    with connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send('{"type": "connection_init"}')
        socket.recv(timeout=10)
        query = (
            f'subscription {{ readingsRecorded(filter: {{channelIds: ["{channel}"]}}, snapshot: true) {{ caughtUp }} }}'
        )
        socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        reading = f'channelId: "{channel}", observedAt: "2026-01-01T00:00:00Z", value: 20'
        ask(f"mutation {{ recordReadings(input: {{readings: [{{{reading}}}]}}) {{ summary {{ recorded }} }} }}")
        socket.recv(timeout=10)
        assert _figure(server, "twinql_followers") == 1
        assert _figure(server, "twinql_websockets") == 1
        assert _figure(server, "twinql_feed_queued_bytes") == 0
        assert socket.protocol.extensions == [], "compressing takes memory for each and time for each event"
    assert _figure(server, 'twinql_rows_total{outcome="RECORDED"}') == 1
    assert "errors" in ask("{ nothing }")
    assert _figure(server, 'twinql_errors_total{code="BAD_REQUEST"}') == 1
    assert _figure(server, "twinql_pool_size") >= 1
    shown = server.client.get("/metrics").text
    assert {
        "twinql_waiting 0.0",
        *(f'twinql_turned_away_total{{reason="{why}"}} 0.0' for why in ("FULL", "LATE")),
    } <= set(shown.splitlines())


@pytest.mark.parametrize("length", [{"content-length": str(200 * 2**20)}, {}], ids=["told", "untold"])
def test_a_request_without_end_is_refused_before_it_fills_the_memory(server: Served, length: dict[str, str]) -> None:
    before = psutil.Process(server.process.pid).memory_info().rss
    pieces = (b" " * 2**20 for _ in range(200))
    refused = _figure(server, REFUSED)
    with contextlib.suppress(httpx.WriteError):  # the server hangs up on what it will not read
        answer = server.client.post("/graphql", content=pieces, headers={"content-type": "application/json", **length})
        assert answer.status_code == 413
        assert "twinql import" in answer.json()["errors"][0]["message"]
    assert _figure(server, REFUSED) == refused + 1
    assert psutil.Process(server.process.pid).memory_info().rss - before < 50e6
    assert server.client.get("/healthz").status_code == 200


def test_it_idles_within_200_megabytes(server: Served) -> None:
    assert psutil.Process(server.process.pid).memory_info().rss < 200e6


def test_a_file_is_imported_beside_it_and_exported_by_it(server: Served, tmp_path: Path) -> None:
    file = tmp_path / "mill.csv"
    file.write_text("time,temperature_c\n2026-01-01T00:00:00Z,20.5\n2026-01-01T00:01:00Z,21\n", encoding="utf-8")
    run = twinql("import", str(file), "--create", "--data", str(server.folder), cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    printed = twinql("export", "--machine", "mill", "--data", str(server.folder), cwd=tmp_path).stdout
    channel = printed.splitlines()[1].rsplit(",", 1)[1]
    answer = server.client.get("/export/readings.csv", params={"channel": channel})
    assert (answer.status_code, answer.text.splitlines()) == (200, printed.splitlines())
    assert server.client.get("/export/readings.csv").status_code == 400


def test_a_second_server_on_the_same_folder_is_refused_in_one_sentence(server: Served) -> None:
    run = twinql("serve", "--port", "0", "--data", str(server.folder), cwd=server.folder.parent)
    assert (run.returncode, run.stdout) == (1, "")
    assert re.fullmatch(r"twinql: A TwinQL already runs on .*--data\.\n", run.stderr)


def test_a_taken_port_is_told_in_one_sentence_that_names_the_option(server: Served, tmp_path: Path) -> None:
    run = twinql("serve", "--port", str(server.port), "--data", str(tmp_path / "other"), cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert re.fullmatch(rf"twinql: Port {server.port} is taken .*--port\.\n", run.stderr)
    assert not (tmp_path / "other").exists(), "nothing slow was begun"


def test_another_verb_joins_the_running_database(server: Served) -> None:
    run = twinql("migrate", "--data", str(server.folder), cwd=server.folder.parent)
    assert (run.returncode, run.stdout, run.stderr) == (0, "The database is up to date.\n", "")


@pytest.mark.parametrize(
    ("arguments", "env", "sentence"),
    [
        (("--host", "0.0.0.0"), {}, "set SUPABASE_URL, or"),
        (("--port", "70000"), {}, "--port"),
        (("--port", "0"), {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}, "set SUPABASE_URL"),
        (
            ("--port", "0"),
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "SUPABASE_URL": "https://p.supabase.co"},
            "database",
        ),
    ],
)
def test_what_cannot_work_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], env: dict[str, str], sentence: str
) -> None:
    run = twinql("serve", *arguments, cwd=tmp_path, **env)
    assert (run.returncode, run.stdout) == (1, "")
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert sentence in run.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_nothing_behind_and_a_second_start_makes_nothing_anew(
    tmp_path: Path, number: signal.Signals
) -> None:
    with served(tmp_path / "data", "--no-demo") as first:
        family = psutil.Process(first.process.pid).children(recursive=True)
        first.process.send_signal(number)
        assert first.process.stdout
        assert first.process.stdout.read() == "Stopped.\n"
        assert first.process.wait(30) == 0
        _, left = psutil.wait_procs(family, timeout=5)
        assert not left
    made = {path: path.stat().st_ino for path in (tmp_path / "data").rglob("PG_VERSION")}
    assert made
    # That makes it quick: benchmarks/bench_start_and_import.py says how quick.
    with served(tmp_path / "data", "--no-demo") as second:
        assert second.client.get("/readyz").status_code == 200
        assert {path: path.stat().st_ino for path in (tmp_path / "data").rglob("PG_VERSION")} == made


def test_a_stop_before_it_is_ready_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twinql", "serve", "--port", "0", "--data", str(tmp_path / "data")]
    with subprocess.Popen(
        command, cwd=tmp_path, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as it:
        while not (tmp_path / "data").exists():
            assert it.poll() is None
        family = psutil.Process(it.pid).children(recursive=True)
        it.send_signal(signal.SIGTERM)
        said, complained = it.communicate(timeout=60)
        assert (it.returncode, said) == (0, "Stopped.\n"), complained
        assert not psutil.wait_procs(family, timeout=10)[1]


@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
def test_a_page_of_this_machine_may_follow_in_both_protocols(server: Served, protocol: str) -> None:
    address = f"ws://127.0.0.1:{server.port}/graphql"
    with connect(address, origin="http://localhost:3000", subprotocols=[protocol]) as socket:
        assert socket.subprotocol == protocol
        socket.send('{"type": "connection_init", "payload": {}}')
        assert json.loads(socket.recv(timeout=10))["type"] == "connection_ack"
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin="https://evil.example", subprotocols=[protocol])


async def test_raw_readings_are_published_only_where_the_setting_asks(database_url: str, tmp_path: Path) -> None:
    async def published() -> bool:
        asked = "select exists (select from pg_publication_tables where tablename = 'readings')"
        return await connection.fetchval(asked)

    trusted = {"SUPABASE_URL": "https://project.supabase.co"}  # asked for its keys only when somebody comes
    connection = await asyncpg.connect(database_url)
    try:
        refused = twinql(
            "serve", "--port", "0", cwd=tmp_path, DATABASE_URL=database_url, TWINQL_PUBLISH_READINGS="true", **trusted
        )
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
        assert "TWINQL_PUBLISH_READINGS" in refused.stderr
        await connection.execute("create publication supabase_realtime")
        for wanted in (True, False):
            env = {"DATABASE_URL": database_url, "TWINQL_PUBLISH_READINGS": str(wanted), **trusted}
            with served(tmp_path / "unused", **env):
                assert await published() is wanted
    finally:
        await connection.close()


@pytest.mark.parametrize("message", ["null", "[]", '"text"', '{"value": NaN}', "{"])
def test_a_message_that_is_no_json_object_closes_the_socket_and_says_so(server: Served, message: str) -> None:
    address = f"ws://127.0.0.1:{server.port}/graphql"
    with connect(address, subprotocols=["graphql-transport-ws"]) as socket:
        socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 4400
        assert "JSON" in closed.value.rcvd.reason


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: abc",
        b"content-length: -1",
        b"content-length: 2\r\ncontent-length: 4",
        b"content-length: 2\r\ntransfer-encoding: chunked",
        b"transfer-encoding: chunked\r\n\r\nzz",
        b"a\0b: c",
        b"content-length: 9999999999999999999999",
        b"a: " + b"b" * 200_000,
    ],
    ids=lambda head: head[:40].decode().replace("\0", "0"),
)
def test_what_is_no_http_is_refused(server: Served, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" + head)
        client.sendall(b"\r\n\r\n{}")
        assert client.recv(1_000).startswith(b"HTTP/1.1 4")
    assert server.client.get("/healthz").status_code == 200


def test_a_client_that_goes_away_in_the_middle_of_its_request_is_no_defect(server: Served) -> None:
    gone = 'twinql_http_requests_total{method="POST",path="/graphql",status="400"}'
    before = _figure(server, gone)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n")
        client.sendall(b"content-length: 1000\r\n\r\n{")
    deadline = time.monotonic() + 10
    while _figure(server, gone) == before:
        assert time.monotonic() < deadline
    assert _figure(server, 'twinql_errors_total{code="INTERNAL"}') == 0
