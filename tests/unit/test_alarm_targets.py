"""Which addresses alarms are told to, and when somebody who did not answer is tried again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.alarms.targets import (
    LONGEST_DELAY,
    MOST_ATTEMPTS,
    TargetKind,
    check_address,
    check_target,
    retry_delay,
)
from twinql.domain.webhooks import is_public
from twinql.errors import InvalidInputError

SECRET = "0123456789abcdef"


@pytest.mark.parametrize(
    "address",
    ["https://desk.example/alarms", "https://desk.example:8443/a?b=c", "https://[2606:4700::1111]/", "https://1.1.1.1"],
)
def test_a_public_address_that_nobody_can_listen_to_is_taken(address):
    check_target(TargetKind.WEBHOOK, address, SECRET, allow_private=False)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://desk.example/alarms", "https://"),
        ("ftp://desk.example/alarms", "https://"),
        ("desk.example/alarms", "no web address"),
        ("", "no web address"),
        ("https://", "no web address"),
        ("https://desk.example:0/", "no web address"),
        ("https://desk.example:99999/", "no web address"),
        ("https://[::1", "no web address"),
        ("https://desk.example/a\r\nX-Evil: 1", "no web address"),
        ("https://desk.example/" + "a" * 2000, "no web address"),
        ("https://me:word@desk.example/", "no user and no password"),
        ("https://me@desk.example/", "no user and no password"),
        ("https://localhost/", "public"),
        ("https://printer.local./", "public"),
        ("https://10.1.2.3/", "public"),
        ("https://169.254.169.254/latest/meta-data", "public"),
        ("https://[::ffff:127.0.0.1]/", "public"),
    ],
)
def test_any_other_is_refused_with_the_reason(address, why):
    with pytest.raises(InvalidInputError, match=why) as refused:
        check_target(TargetKind.WEBHOOK, address, SECRET, allow_private=False)
    assert refused.value.path == ("address",)


@pytest.mark.parametrize("address", ["http://localhost:9000/", "http://10.1.2.3/alarms", "https://printer.local/"])
def test_private_addresses_are_taken_where_they_are_allowed(address):
    check_target(TargetKind.WEBHOOK, address, SECRET, allow_private=True)


def test_a_password_is_refused_in_private_addresses_too():
    with pytest.raises(InvalidInputError):
        check_target(TargetKind.WEBHOOK, "http://me:word@10.1.2.3/", SECRET, allow_private=True)


@pytest.mark.parametrize("secret", [None, "", "short", "a" * 15, "a" * 201])
def test_a_webhook_needs_a_secret_of_a_good_length(secret):
    with pytest.raises(InvalidInputError, match="16 to 200") as refused:
        check_target(TargetKind.WEBHOOK, "https://desk.example/", secret, allow_private=False)
    assert refused.value.path == ("secret",)


@pytest.mark.parametrize(
    "address", ["shift.2+night@plant.example", "o'neill@mail.plant-1.example", "a@b.cd", "x" * 64 + "@plant.example"]
)
def test_an_email_address_is_taken(address):
    check_target(TargetKind.EMAIL, address, None, allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "desk",
        "@plant.example",
        "desk@",
        "desk@plant",
        "desk@plant..example",
        "desk@-plant.example",
        "desk@10.1.2.3",
        "de sk@plant.example",
        "desk@plant.example\r\nBcc: others@plant.example",
        "desk@plant.example\n",
        "desk@plant.example, others@plant.example",
        "Desk <desk@plant.example>",
        ".desk@plant.example",
        "x" * 65 + "@plant.example",
        "desk@" + "plant." * 50 + "example",
    ],
)
def test_what_is_no_single_email_address_is_refused(address):
    with pytest.raises(InvalidInputError, match="no e-mail address"):
        check_address(TargetKind.EMAIL, address, allow_private=True)


def test_email_has_no_secret():
    with pytest.raises(InvalidInputError, match="leave the secret out"):
        check_target(TargetKind.EMAIL, "desk@plant.example", SECRET, allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
        "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "name",
        "64:ff9b:1::7f00:1", "fec0::1", "::127.0.0.1", "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:10.0.0.1",
        "2002:101:101::5efe:10.0.0.1", "4000::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_an_address_that_is_not_everybodys_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::"]
)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


def test_the_waits_grow_fourfold_to_half_a_day_and_end_after_eight_attempts():
    minutes = [delay / timedelta(minutes=1) for n in range(1, 8) if (delay := retry_delay(n, jitter=1.0)) is not None]
    assert minutes == [1, 4, 16, 64, 256, 720, 720]
    assert timedelta(hours=24) < timedelta(minutes=sum(minutes)) < timedelta(hours=36)
    assert retry_delay(MOST_ATTEMPTS, jitter=0.0) is None


@given(st.integers(1, MOST_ATTEMPTS - 1), st.floats(0, 1))
def test_a_wait_is_the_jitters_share_of_the_longest(attempts, jitter):
    longest, delay = retry_delay(attempts, jitter=1.0), retry_delay(attempts, jitter=jitter)
    assert timedelta(0) <= delay <= longest <= LONGEST_DELAY
    assert delay / longest == pytest.approx(jitter, abs=1e-6)
