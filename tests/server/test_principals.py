"""Rules 14 and 15: the token opens, is this key's and has not expired; the key is known and active, its owner lives."""

from dataclasses import replace

import pytest
from tests.server.stand_in import ALICE, ALICE_KEY, BOB, CROSS, ROOT_KEY, A, StandIn, keys

from understudy.identity import AWSCredentials

WITH_PERIOD = "The security token included in the request is invalid."
WITHOUT_PERIOD = "The security token included in the request is invalid"
EXPIRED = "The security token included in the request is expired"


def told(stand_in, credentials):
    error = stand_in.refused(credentials, "GetCallerIdentity")
    assert error.status == 403
    return error.code, error.message


def with_token(credentials, token, secret=None):
    given = keys(credentials)
    return AWSCredentials(given.access_key_id, secret or given.secret_access_key, token)


def test_an_unknown_key():
    unknown = AWSCredentials("AKIAQNZGKIQY56JQ7WML", "x" * 40)
    assert told(StandIn(), unknown) == ("InvalidClientTokenId", WITH_PERIOD)


def test_a_missing_token_even_with_a_bad_signature():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    for secret in (session.secret_access_key, "wrong"):
        assert told(stand_in, with_token(session, None, secret)) == ("InvalidClientTokenId", WITH_PERIOD)


def test_another_sessions_token_even_with_a_bad_signature():
    stand_in = StandIn()
    one, other = stand_in.assume(ALICE), stand_in.assume(ALICE)
    for secret in (one.secret_access_key, "wrong"):
        crossed = with_token(one, other.session_token, secret)
        assert told(stand_in, crossed) == ("InvalidClientTokenId", WITH_PERIOD)


@pytest.mark.parametrize("token", ["x", "AQoDYXdzEJr", "A" * 150, "%41", "é"])
def test_a_token_that_does_not_open(token):
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    assert told(stand_in, with_token(session, token)) == ("InvalidClientTokenId", WITHOUT_PERIOD)


def test_the_right_token_with_a_wrong_secret():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    assert told(stand_in, with_token(session, session.session_token, "wrong"))[0] == "SignatureDoesNotMatch"


def test_an_expired_token_beats_a_bad_signature_and_a_deleted_role():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    stand_in.clock.now += 3601
    stand_in.directory.remove(CROSS)
    assert told(stand_in, with_token(session, session.session_token, "wrong")) == ("ExpiredToken", EXPIRED)


def test_an_expired_token_of_a_caller_that_was_seen_before():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    stand_in.call(session, "GetCallerIdentity")
    stand_in.clock.now += 3601
    assert told(stand_in, session) == ("ExpiredToken", EXPIRED)


def test_a_deleted_issuer_beats_a_bad_signature():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    stand_in.directory.remove(CROSS)
    assert told(stand_in, with_token(session, session.session_token, "wrong")) == ("InvalidClientTokenId", WITH_PERIOD)


@pytest.mark.parametrize("token", [None, "rubbish"])
def test_an_inactive_key_beats_the_hmac_and_the_token(token):
    stand_in = StandIn()
    stand_in.replace(ALICE, access_keys=(replace(ALICE_KEY, active=False),))
    assert told(stand_in, with_token(ALICE, token, "wrong")) == ("InvalidClientTokenId", WITH_PERIOD)


def test_a_key_that_is_switched_off_while_it_is_used():
    stand_in = StandIn()
    stand_in.call(ALICE, "GetCallerIdentity")
    stand_in.replace(ALICE, access_keys=(replace(ALICE_KEY, active=False),))
    assert told(stand_in, ALICE) == ("InvalidClientTokenId", WITH_PERIOD)


def test_a_lasting_key_with_a_token_that_is_not_its_own():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    assert told(stand_in, with_token(ALICE, session.session_token)) == ("InvalidClientTokenId", WITH_PERIOD)


def test_a_wrong_secret():
    assert told(StandIn(), with_token(ALICE, None, "wrong"))[0] == "SignatureDoesNotMatch"


def test_section_7_root():
    output = StandIn().call(ROOT_KEY, "GetCallerIdentity")
    assert (output.user_id, output.arn) == (A, f"arn:aws:iam::{A}:root")


def test_section_7_a_user_session_is_the_user():
    stand_in = StandIn()
    session = stand_in.call(BOB, "GetSessionToken").credentials
    assert stand_in.call(session, "GetCallerIdentity").user_id == BOB.unique_id


def test_section_7_a_federated_user():
    stand_in = StandIn()
    session = stand_in.call(ALICE, "GetFederationToken", Name="guest").credentials
    output = stand_in.call(session, "GetCallerIdentity")
    assert (output.user_id, output.arn) == (f"{A}:guest", f"arn:aws:sts::{A}:federated-user/guest")


def test_many_callers_are_remembered_within_bounds(monkeypatch):
    from understudy.server import principals

    monkeypatch.setattr(principals, "_KEPT_CALLERS", 2)
    stand_in = StandIn()
    for _ in range(5):
        stand_in.call(stand_in.assume(ALICE), "GetCallerIdentity")
    assert len(stand_in.service.principals._kept) <= 2
