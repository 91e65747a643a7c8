"""`twinql simulate` switches faults of a demo site from outside the server."""

import asyncio

import pytest

from tests.world import make_world
from twinql.cli import main
from twinql.devices.demo_site import ensure_demo_site
from twinql.devices.switchboard import memory_site, recall
from twinql.domain.simulation.faults import FaultName
from twinql.storage.database import Database


@pytest.fixture
async def command(database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    world = await make_world(database_url)

    async def run(*arguments):
        return await asyncio.to_thread(main, ["simulate", *arguments])

    async with Database.open(database_url, pool_size=1) as database:
        run.database, run.organisation = database, world.organisation
        yield run


async def test_a_fault_goes_on_is_listed_and_goes_off(command, capsys):
    await ensure_demo_site(command.database, command.organisation)
    assert await command("--fault", "drift", "--signal", "room.humidity", "--magnitude", "2") == 0
    assert "drift on room.humidity" in capsys.readouterr().out
    (fault,) = (await recall(command.database, await memory_site(command.database))).faults
    assert (fault.name, fault.signal, fault.magnitude) == (FaultName.DRIFT, "room.humidity", 2.0)
    assert await command("--fault", "drift", "--off") == 0
    assert await command("--faults") == 0
    assert "No fault is on." in capsys.readouterr().out


async def test_devices_misbehave_on_request_one_or_all_are_listed_and_behave_again(command, capsys):
    await ensure_demo_site(command.database, command.organisation)
    site = await memory_site(command.database)
    assert await command("--device", "late", "--magnitude", "40") == 0
    assert await command("--device", "dead", "--signal", "pump.running") == 0
    assert "late on mill.spindle_speed_setpoint" in capsys.readouterr().out
    devices = (await recall(command.database, site)).devices
    assert sorted((each.name.value, each.signal, each.magnitude) for each in devices) == [
        ("dead", "pump.running", 1.0),
        ("late", "dehumidifier.running", 40.0),
        ("late", "mill.spindle_speed_setpoint", 40.0),
        ("late", "pump.running", 40.0),
    ]
    assert await command("--device", "late", "--off") == 0
    assert [each.name.value for each in (await recall(command.database, site)).devices] == ["dead"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "earthquake"], "earthquake"),
        (["--fault", "spike", "--signal", "mill.colour"], "No sensor gives mill.colour"),
        (["--fault", "register-reset", "--signal", "mill.power"], "Only a register can be reset"),
        (["--device", "asleep"], "asleep"),
        (["--device", "late", "--signal", "mill.power"], "No actuator is called mill.power"),
        (["--device", "late", "--magnitude", "nan"], "The magnitude of late is above 0"),
        (["--device", "dead", "--magnitude", "2"], "A dead device has no magnitude"),
        ([], "--help"),
    ],
)
async def test_a_fault_that_cannot_be_is_refused_in_one_sentence(command, capsys, arguments, sentence):
    await ensure_demo_site(command.database, command.organisation)
    assert await command(*arguments) == 1
    assert sentence in capsys.readouterr().err


async def test_without_a_demo_site_there_is_nothing_to_break(command, capsys):
    assert await command("--fault", "drift") == 1
    assert "no demo site" in capsys.readouterr().err
