"""Secrets that are given out once."""

from hashlib import sha256

from twinql.domain.secrets import API_KEY, ENTROPY, INVITATION, hash_of, prefix_of, secret_of


def test_a_secret_says_what_it_is_and_carries_all_of_its_entropy():
    assert secret_of(API_KEY, bytes(ENTROPY)) == "twinql_" + 43 * "A"
    assert secret_of(INVITATION, b"\xff" * ENTROPY) == "twinql_invite_" + 42 * "_" + "8"


def test_what_is_kept_is_the_sha_256_of_the_text():
    assert hash_of("twinql_x") == sha256(b"twinql_x").digest()
    assert hash_of("\ud800") != hash_of("?")


def test_people_see_twelve_characters_of_it():
    assert prefix_of(secret_of(API_KEY, bytes(ENTROPY))) == "twinql_AAAAA"
