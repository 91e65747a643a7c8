"""A letter is handed to a mail server whole, over TLS wherever others could listen, and its answer is understood."""

from datetime import UTC, datetime
from email.headerregistry import Address

import pytest

from tests.receivers import certificate, mailbox
from twinql.delivery.answer import TAKEN, Answer
from twinql.domain.alarms.letters import Letter
from twinql.errors import InvalidInputError
from twinql.live.mail import MailServer

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LETTER = Letter("the-same", "HIGH alarm raised: Fräse: Too hot.", "Too hot: 71 °C.\n.\n" + "long " * 300 + "\n")


def server(box, **how):
    usual = {
        "host": "127.0.0.1",
        "port": box.port,
        "user": None,
        "password": None,
        "sender": Address("Alarms", addr_spec="alarms@plant.example"),
        "wraps": False,
        "secured": False,
    }
    return MailServer(**{**usual, **how})


async def send(box, letter=LETTER, **how):
    return await server(box, **how).send("desk@desk.test", letter, now=NOW)


async def test_a_letter_arrives_as_it_was_written():
    async with mailbox() as box:
        assert await send(box) == TAKEN
        (letter,) = box.letters
        assert letter["from"] == "Alarms <alarms@plant.example>"
        assert letter["to"] == "desk@desk.test"
        assert letter["subject"] == LETTER.subject
        assert letter["message-id"] == "<the-same@plant.example>"
        assert letter["auto-submitted"] == "auto-generated"
        assert letter["date"].datetime == NOW
        assert letter.get_content_type() == "text/plain"
        assert letter.get_content().replace("\r\n", "\n") == LETTER.text
        assert box.recipients == ["TO:<desk@desk.test>"]


async def test_a_line_end_in_words_begins_no_header():
    async with mailbox() as box:
        evil = Letter("key", "Mill\r\nBcc: others@plant.example\n\nHello", "Bcc: others@plant.example\n")
        assert await send(box, evil) == TAKEN
        (letter,) = box.letters
        assert letter["subject"] == "Mill Bcc: others@plant.example Hello"
        assert letter["bcc"] is None
        assert len(box.recipients) == 1


async def test_a_mail_server_elsewhere_must_offer_tls():
    async with mailbox() as box:
        answer = await send(box, secured=True, user="me", password="word")
        assert answer == Answer("The mail server offers no TLS (STARTTLS), or no login; look at SMTP_URL.", away=True)
        assert (box.logins, box.raw) == ([], [])


async def test_login_and_letter_go_over_tls(tmp_path):
    theirs, ours = certificate(tmp_path, "127.0.0.1")
    async with mailbox(offers=("STARTTLS", "AUTH PLAIN"), tls=theirs) as box:
        assert await send(box, secured=True, user="me", password="wörd", trusted=lambda: ours) == TAKEN
        assert box.verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]
        assert box.logins == [[b"me", "wörd".encode()]]
        assert len(box.raw) == 1


async def test_a_mail_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path):
    theirs, _ = certificate(tmp_path, "127.0.0.1")
    async with mailbox(offers=("STARTTLS", "AUTH PLAIN"), tls=theirs) as box:
        answer = await send(box, secured=True, user="me", password="word")
        assert answer.away
        assert "certificate" in answer.error
        assert (box.logins, box.raw) == ([], [])


@pytest.mark.parametrize(
    ("replies", "lasting", "said"),
    [
        ({"RCPT": "550 5.1.1 <desk@desk.test> unknown"}, True, "550 5.1.1 <…> unknown"),
        ({"RCPT": "451 4.7.1 greylisted"}, False, "451 4.7.1 greylisted"),
        ({"MAIL": "553 not from there"}, True, "553 not from there"),
        ({"DATA": "554 spam"}, True, "554 spam"),
        ({"EHLO": "421 too busy", "HELO": "421 too busy"}, False, "421 too busy"),
    ],
)
async def test_what_a_mail_server_refuses_is_told(replies, lasting, said):
    async with mailbox(replies=replies) as box:
        answer = await send(box)
        assert answer == Answer(f"The mail server did not take the e-mail: {said}", lasting=lasting)
        assert box.raw == []


async def test_a_refused_login_is_tried_again_since_an_operator_may_mend_it():
    async with mailbox(offers=("AUTH PLAIN",), replies={"AUTH": "535 no"}) as box:
        answer = await send(box, user="me", password="word")
        assert answer == Answer("The mail server refused the login of SMTP_URL.", away=True)


async def test_a_mail_server_that_leaves_before_it_took_the_letter_is_tried_again():
    async with mailbox(ends_after_data=True) as box:
        answer = await send(box)
        assert (answer.away, answer.lasting) == (True, False)
    answer = await send(box)
    assert answer.error == "The mail server could not be reached; look at SMTP_URL, and at its certificate."


async def test_what_goes_wrong_after_the_letter_was_taken_takes_nothing_back():
    async with mailbox(replies={"QUIT": "500 what"}) as box:
        assert await send(box) == TAKEN


def test_a_mail_server_is_read_from_the_settings():
    found = MailServer.of("smtp://me%40plant:p%3Aw@mail.plant.example", "Alarms <alarms@plant.example>")
    assert (found.host, found.port, found.user, found.password) == ("mail.plant.example", 587, "me@plant", "p:w")
    assert (found.secured, found.wraps, str(found.sender)) == (True, False, "Alarms <alarms@plant.example>")
    found = MailServer.of("smtps://mail.plant.example", "alarms@plant.example")
    assert (found.port, found.user, found.secured, found.wraps) == (465, None, True, True)
    assert not MailServer.of("smtp://127.0.0.1:25", "alarms@plant.example").secured


@pytest.mark.parametrize("sender", [None, "", "alarms", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"])
def test_a_mail_server_without_a_sender_is_refused(sender):
    with pytest.raises(InvalidInputError, match="SMTP_FROM"):
        MailServer.of("smtp://127.0.0.1:25", sender)
