"""This computer as a machine."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from twinql.agent.computer import Computer
from twinql.errors import InvalidInputError


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    # Nobody listens on port 9 of this machine.
    with closing(Computer.here("http://127.0.0.1:9/graphql", tmp_path)) as computer:
        yield computer


def test_it_tells_nothing_that_is_no_channel_of_it(computer: Computer) -> None:
    assert computer.read().keys() <= {each.key for each in computer.channels}


def test_a_server_that_is_away_has_no_latency(computer: Computer) -> None:
    assert "network_latency" not in computer.read()


def test_the_load_worker_works_and_ends_with_it(computer: Computer) -> None:
    computer.act("load_duty", 25)
    worker = computer._worker
    assert worker is not None
    assert computer.read()["load_duty"] == 25
    computer.close()
    assert worker.poll() is not None
    assert computer.read()["load_duty"] == 0


def test_a_worker_that_was_killed_works_no_longer(computer: Computer) -> None:
    computer.act("load_duty", 5)
    assert computer._worker is not None
    computer._worker.kill()
    computer._worker.wait()
    assert computer.read()["load_duty"] == 0
    computer.act("load_duty", 5)
    assert computer.read()["load_duty"] == 5


def test_the_interval_is_what_was_asked_for(computer: Computer) -> None:
    computer.act("sampling_interval", 10)
    assert computer.every == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("key", "value"),
    [("load_duty", 101), ("load_duty", -1), ("load_duty", float("nan")), ("sampling_interval", 0), ("cpu_load", 1)],
)
def test_what_cannot_be_done_is_refused(computer: Computer, key: str, value: float) -> None:
    with pytest.raises(InvalidInputError, match=f"{key} cannot be set to"):
        computer.act(key, value)
