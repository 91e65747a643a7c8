"""Makes a machine known to a server, once: its site, its channels, and an API key for the agent, which is kept."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from twinql.agent.blueprint import ChannelBlueprint
from twinql.agent.graph import Graph
from twinql.errors import InvalidInputError

_SITES: Final = "query ($search: String!) { sites(filter: { search: $search }, first: 100) { nodes { id name } } }"
_MACHINES: Final = """query ($search: String!) {
  machines(filter: { search: $search }, first: 100) {
    nodes { id externalId channels(first: 200) { nodes { id key } } }
  }
}"""
_MAKE_SITE: Final = """mutation ($input: CreateSiteInput!) {
  createSite(input: $input) { site { id } userErrors { message } }
}"""
_MAKE_MACHINE: Final = """mutation ($input: CreateMachineInput!) {
  createMachine(input: $input) { machine { id } userErrors { message } }
}"""
_MAKE_CHANNEL: Final = """mutation ($input: CreateChannelInput!) {
  createChannel(input: $input) { channel { id } userErrors { message } }
}"""
_MAKE_KEY: Final = """mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { secret userErrors { message } }
}"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine stands in the graph.

    Attributes:
        site: The name of its site.
        time_zone: The site's IANA time zone, if it is to be made.
        name: What people call the machine.
        external_id: What tells it from all others, so that it is found again.
    """

    site: str
    time_zone: str
    name: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an agent remembers from one start to the next.

    Attributes:
        url: The server.
        secret: The API key; nobody can ask for it again.
        machine: The machine's global id.
        channels: The global ids of its channels, by key.
    """

    url: str
    secret: str
    machine: str
    channels: dict[str, str]


def recall(file: Path, url: str, channels: Sequence[ChannelBlueprint]) -> Enrolled | None:
    """Read what was kept; None where there is nothing for this server, or not for all of these channels.

    Raises:
        InvalidInputError: The file is not one that an agent wrote.
    """
    if not file.exists():
        return None
    try:
        kept = Enrolled(**orjson.loads(file.read_bytes()))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise InvalidInputError(f"{file} is not what an agent wrote; remove it, and the agent enrols anew.") from error
    return kept if kept.url == url and all(each.key in kept.channels for each in channels) else None


def keep(file: Path, enrolled: Enrolled) -> None:
    """Write it where its owner alone may read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(orjson.dumps(asdict(enrolled), option=orjson.OPT_INDENT_2))
    unfinished.replace(file)


async def enrol(graph: Graph, url: str, place: Place, channels: Sequence[ChannelBlueprint]) -> Enrolled:
    """Make what is missing of a machine in the graph, and an API key for all of its channels.

    Args:
        graph: The server, as somebody sees it who may make machines and keys: an OWNER.
        url: Its address, to be remembered.
        place: Where the machine is to stand.
        channels: What it has.

    Raises:
        TwinError: The server refuses, in its words.
    """
    machine, there = await _machine(graph, place)
    for each in channels:
        if each.key not in there:
            there[each.key] = await _made(graph, _MAKE_CHANNEL, "channel", each.as_input(machine))
    asked = {"name": f"Agent of {place.name}", "channelIds": [there[each.key] for each in channels]}
    answer = (await graph.ask(_MAKE_KEY, input=asked))["createApiKey"]
    _refused(answer)
    return Enrolled(url, answer["secret"], machine, {each.key: there[each.key] for each in channels})


async def _machine(graph: Graph, place: Place) -> tuple[str, dict[str, str]]:
    found = (await graph.ask(_MACHINES, search=place.external_id))["machines"]["nodes"]
    for each in found:
        if each["externalId"] == place.external_id:
            return each["id"], {channel["key"]: channel["id"] for channel in each["channels"]["nodes"]}
    sites = (await graph.ask(_SITES, search=place.site))["sites"]["nodes"]
    site = next((each["id"] for each in sites if each["name"] == place.site), None)
    if site is None:
        site = await _made(graph, _MAKE_SITE, "site", {"name": place.site, "timeZone": place.time_zone})
    asked = {"siteId": site, "name": place.name, "externalId": place.external_id}
    return await _made(graph, _MAKE_MACHINE, "machine", asked), {}


async def _made(graph: Graph, document: str, what: str, asked: dict[str, Any]) -> str:
    (answer,) = (await graph.ask(document, input=asked)).values()
    _refused(answer)
    made: str = answer[what]["id"]
    return made


def _refused(answer: dict[str, Any]) -> None:
    for error in answer["userErrors"]:
        raise InvalidInputError(error["message"])
