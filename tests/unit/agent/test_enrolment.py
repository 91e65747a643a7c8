"""What an agent remembers from one start to the next."""

from pathlib import Path

import pytest

from twinql.agent.blueprint import ChannelBlueprint
from twinql.agent.enrolment import Enrolled, keep, recall
from twinql.errors import InvalidInputError

URL = "http://127.0.0.1:8000/graphql"
LOAD = ChannelBlueprint("load", "Load", "LOAD", "PERCENT")
KEPT = Enrolled(URL, "twinql_secret", "machine", {"load": "channel"})


def test_it_is_read_back_and_by_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "agents" / "host.json"
    keep(file, KEPT)
    keep(file, KEPT)
    assert recall(file, URL, [LOAD]) == KEPT
    assert file.stat().st_mode & 0o077 == 0
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("url", "channels"),
    [("https://other.example/graphql", [LOAD]), (URL, [LOAD, ChannelBlueprint("power", "Power", "POWER", "WATT")])],
)
def test_another_server_or_a_new_channel_asks_for_a_new_start(
    tmp_path: Path, url: str, channels: list[ChannelBlueprint]
) -> None:
    keep(tmp_path / "host.json", KEPT)
    assert recall(tmp_path / "host.json", url, channels) is None


def test_a_first_start_remembers_nothing(tmp_path: Path) -> None:
    assert recall(tmp_path / "host.json", URL, [LOAD]) is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", "no json"])
def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(InvalidInputError, match="remove it, and the agent enrols anew"):
        recall(tmp_path / "host.json", URL, [LOAD])
