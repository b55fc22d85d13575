"""Session tokens: sealed, bound, small; no change of any byte survives."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.directory import identifiers
from understudy.server import encoding
from understudy.server.keyring import KeyRing
from understudy.server.sessions import (
    Session,
    SessionKind,
    SessionTokens,
    TokenMalformed,
    TokenUnbound,
    token_length,
)

RING = KeyRing([b"k" * 32])
PLAIN = Session(
    kind=SessionKind.ROLE,
    access_key_id="ASIARZPUZDIKGB2VALC4",
    issued=1_790_000_000,
    expires=1_790_003_600,
    unique_id="AROA" + "A" * 17,
    name="/CrossAccountRole",
    session_name="my-app-session",
)

texts = st.text(max_size=40)
pairs = st.dictionaries(texts, texts, max_size=4)
several = st.lists(texts, max_size=3).map(tuple)
facts = st.dictionaries(
    texts.map(lambda text: f"a{text}"), texts | st.lists(texts, min_size=1, max_size=3).map(tuple), max_size=3
)
sessions = st.builds(
    Session,
    kind=st.sampled_from(SessionKind),
    access_key_id=st.builds(
        identifiers.access_key_id,
        st.just("ASIA"),
        st.integers(0, 999_999_999_999).map(lambda number: f"{number:012d}"),
        st.integers(0, 2**39),
    ),
    issued=st.integers(0, 2**32 - 1),
    expires=st.integers(0, 2**32 - 1),
    unique_id=texts,
    name=texts,
    session_name=texts,
    partition=st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
    source_identity=st.none() | st.text(min_size=1, max_size=64),
    tags=pairs,
    transitive=several,
    policy=st.none() | st.text(min_size=1, max_size=3000),
    policy_arns=several,
    task_policy_arn=st.none() | st.text(min_size=1, max_size=40),
    mfa_at=st.none() | st.integers(1, 2**32),
    chained=st.booleans(),
    from_global_endpoint=st.booleans(),
    facts=facts,
    contexts=pairs,
    padding=st.integers(0, 300),
)


@given(sessions)
def test_a_session_comes_back_as_it_was_sealed(session):
    tokens = SessionTokens(RING)
    issued = tokens.seal(session)
    assert SessionTokens(RING).open(issued.session_token, session.access_key_id) == issued
    assert len(issued.session_token) == token_length(session)


def test_the_usual_token_is_small():
    assert token_length(PLAIN) < 160


@settings(max_examples=300)
@given(st.data())
def test_no_change_of_any_byte_survives(data):
    issued = SessionTokens(RING).seal(PLAIN)
    token = issued.session_token
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(max_codepoint=0x7F).filter(lambda character: character != token[position]))
    with pytest.raises(TokenMalformed):
        SessionTokens(RING).open(token[:position] + other + token[position + 1 :], PLAIN.access_key_id)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_no_other_text_opens(text):
    with pytest.raises(TokenMalformed):
        SessionTokens(RING).open(text, PLAIN.access_key_id)


@pytest.mark.parametrize("wrong", ["", "A", "AA==", "=" * 200, "A" * 9000, "é" * 150])
def test_texts_that_are_no_tokens(wrong):
    with pytest.raises(TokenMalformed):
        SessionTokens(RING).open(wrong, PLAIN.access_key_id)


def test_a_shortened_or_padded_token_does_not_open():
    token = SessionTokens(RING).seal(PLAIN).session_token
    for changed in (token[:-1], token[1:], token + "=", token + "A", token + "\n", " " + token):
        with pytest.raises(TokenMalformed):
            SessionTokens(RING).open(changed, PLAIN.access_key_id)


def test_a_token_is_bound_to_its_access_key():
    tokens = SessionTokens(RING)
    issued = tokens.seal(PLAIN)
    with pytest.raises(TokenUnbound):
        tokens.open(issued.session_token, "ASIAQNZGKIQY56JQ7WML")


def test_secrets_differ_from_session_to_session_and_have_forty_characters():
    tokens = SessionTokens(RING)
    one, other = tokens.seal(PLAIN), tokens.seal(PLAIN)
    assert one.secret_access_key != other.secret_access_key
    assert len(one.secret_access_key) == 40


def test_a_sealed_session_shows_neither_token_nor_secret():
    issued = SessionTokens(RING).seal(PLAIN)
    assert issued.session_token not in repr(issued)
    assert issued.secret_access_key not in repr(issued)


def test_a_field_of_a_newer_release_is_refused_and_not_half_understood():
    with pytest.raises(encoding.NotASession):
        encoding.decode(encoding.encode(PLAIN) + bytes((99, 1, 0)))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_session_are_refused(data):
    with pytest.raises(encoding.NotASession):
        encoding.decode(b"\0" + data)


def test_a_policy_that_would_inflate_without_end_is_refused():
    bomb = encoding.encode(replace(PLAIN, policy="a" * 200_000))
    with pytest.raises(encoding.NotASession):
        encoding.decode(bomb)


def test_policies_are_deflated():
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
    assert token_length(replace(PLAIN, policy=policy)) - token_length(PLAIN) < len(policy) / 2
