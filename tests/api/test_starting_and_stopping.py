"""A stop lets requests under way end and tells followers to come back; a taken address is one sentence."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import websockets

from twinql.app.access import Access
from twinql.app.listener import listen
from twinql.errors import ConflictError, InvalidInputError
from twinql.settings import Settings

SERVING = Path(__file__).with_name("serving.py")


@contextmanager
def _server(grace_s: float) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, str(SERVING), str(grace_s)]
    env = {"PYTHONPATH": str(SERVING.parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def _rest(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    return process.stdout.read().split("\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_request_under_way_is_answered_before_the_server_ends(number: signal.Signals) -> None:
    with _server(grace_s=10) as (process, port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = asyncio.create_task(client.get("/slow?seconds=0.5"))
            await asyncio.to_thread(process.stdout.readline)
            process.send_signal(number)
            assert (await answer).text == "done"
        assert await asyncio.to_thread(_rest, process) == ["twin stopped", "ended", ""]
        assert process.wait(10) == 0


async def test_a_stop_waits_no_longer_than_its_grace() -> None:
    with _server(grace_s=1) as (process, port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            answer = asyncio.create_task(client.get("/slow?seconds=300"))
            await asyncio.to_thread(process.stdout.readline)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(_rest, process) == ["twin stopped", "ended", ""]
            assert time.monotonic() - began < 5
            broken_off = await answer
            assert broken_off.status_code == 503
            assert broken_off.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_a_follower_gets_a_close_that_asks_it_to_come_back() -> None:
    with _server(grace_s=10) as (process, port):
        async with websockets.connect(f"ws://127.0.0.1:{port}/graphql") as follower:
            process.send_signal(signal.SIGTERM)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await follower.recv()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == websockets.CloseCode.SERVICE_RESTART
        assert await asyncio.to_thread(process.wait, 10) == 0


async def test_a_socket_from_a_page_of_another_site_is_refused() -> None:
    with _server(grace_s=1) as (_, port):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            await websockets.connect(f"ws://127.0.0.1:{port}/graphql", origin="https://evil.example")
        async with websockets.connect(f"ws://127.0.0.1:{port}/graphql", origin="http://localhost:3000"):
            pass


def test_a_taken_port_is_one_sentence_that_names_the_option() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(ConflictError, match=r"^Port \d+ is taken .*--port\.$"):
        listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    "settings",
    [
        *(Settings(host=host) for host in ("0.0.0.0", "192.168.1.5", "::", "example.org")),
        Settings(database_url="postgresql://db.example/db"),
    ],
    ids=lambda settings: settings.host,
)
def test_whoever_may_be_asked_by_others_demands_tokens(settings: Settings) -> None:
    with pytest.raises(InvalidInputError, match=r"set SUPABASE_URL, or OIDC_ISSUER and OIDC_AUDIENCE\.$"):
        Access.of(settings)
    with pytest.raises(InvalidInputError, match="set SUPABASE_URL"):
        Access.of(settings, development_secret="s" * 32)
    access = Access.of(replace(settings, supabase_url="https://p.supabase.co"), development_secret="s" * 32)
    assert not access.local
    assert access.issuers.keys() == {"https://p.supabase.co/auth/v1"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_whoever_only_this_machine_can_ask_demands_none(host: str) -> None:
    assert Access.of(Settings(host=host)).local
