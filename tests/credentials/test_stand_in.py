"""The STS providers against the stand-in, which verifies signatures, trust, codes, tokens and assertions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from understudy import (
    STSClient,
    chain,
    from_federation_token,
    from_saml,
    from_session_token,
    from_temporary_credentials,
    from_web_token,
    web_identity_tokens,
)
from understudy.client.options import ClientOptions
from understudy.errors import AccessDenied, ServiceError
from understudy.testing import StandIn, standing_in

ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def stand() -> Iterator[StandIn]:
    with standing_in() as made:
        yield made


def options(stand: StandIn, caller: Any = None) -> ClientOptions:
    return ClientOptions(
        region=stand.region,
        endpoint=stand.url,
        credentials=caller,
        clock=stand.clock,
        environ={},
        config_file="/nonexistent/config",
        credentials_file="/nonexistent/credentials",
    )


def who(stand: StandIn, credentials: Any) -> str:
    with STSClient(options(stand, credentials)) as client:
        return client.get_caller_identity().arn


def trusting(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def test_a_role_renews_itself_under_a_client_that_runs_for_hours(stand: StandIn) -> None:
    alice = stand.user("alice", ANYTHING)
    role = stand.role("Reader", trusting({"AWS": alice.arn}))
    reader = from_temporary_credentials(role_arn=role.arn, role_session_name="me", client=options(stand, alice))
    with STSClient(options(stand, reader)) as client:
        keys = set()
        for _ in range(12):
            assert client.get_caller_identity().arn.endswith("assumed-role/Reader/me")
            keys.add(reader.get().access_key_id)
            stand.clock.advance(1200)
    assert 4 <= len(keys) <= 6


def test_the_service_rejects_what_expired_and_the_client_renews_it(stand: StandIn) -> None:
    alice = stand.user("alice", ANYTHING)
    role = stand.role("Reader", trusting({"AWS": alice.arn}))
    reader = from_temporary_credentials(
        role_arn=role.arn, duration_seconds=900, advisory_window=0.0, client=options(stand, alice)
    )
    with STSClient(options(stand, reader)) as client:
        client.get_caller_identity()
        first = reader.get().access_key_id
        stand.clock.advance(901)
        client.get_caller_identity()
    assert reader.get().access_key_id != first


def test_a_chain_of_roles(stand: StandIn) -> None:
    alice = stand.user("alice", ANYTHING)
    first = stand.role("First", trusting({"AWS": alice.arn}), ANYTHING)
    second = stand.role("Second", trusting({"AWS": first.arn}))
    one = from_temporary_credentials(role_arn=first.arn, client=options(stand, alice))
    two = from_temporary_credentials(role_arn=second.arn, role_session_name="me", source=one, client=options(stand))
    assert who(stand, two).endswith("assumed-role/Second/me")


def test_one_code_for_many_roles_that_demand_mfa(stand: StandIn) -> None:
    carol = stand.user("carol", ANYTHING, mfa=True)
    demanding = trusting({"AWS": carol.arn}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    roles = [stand.role(f"Careful{number}", demanding) for number in range(3)]
    asked: list[str] = []

    def code(serial: str) -> str:
        asked.append(serial)
        return stand.mfa_code(carol)

    session = from_session_token(serial_number=carol.mfa_serial, mfa=code, client=options(stand, carol))
    for role in roles:
        assert from_temporary_credentials(role_arn=role.arn, source=session, client=options(stand)).get()
    assert asked == [carol.mfa_serial]
    with pytest.raises(AccessDenied):
        from_temporary_credentials(role_arn=roles[0].arn, client=options(stand, carol)).get()


def test_a_web_identity(stand: StandIn) -> None:
    stand.oidc_provider("https://issuer.example", ["audience"])
    provider = "arn:aws:iam::123456789012:oidc-provider/issuer.example"
    role = stand.role("Web", trusting({"Federated": provider}, "sts:AssumeRoleWithWebIdentity"))
    made = from_web_token(
        role_arn=role.arn,
        role_session_name="me",
        web_identity_token=lambda: stand.oidc_token("https://issuer.example", "subject", audience="audience"),
        client=options(stand),
    )
    assert who(stand, made).endswith("assumed-role/Web/me")
    stand.clock.advance(4000)
    assert who(stand, made).endswith("assumed-role/Web/me")


def test_an_assertion(stand: StandIn) -> None:
    provider = stand.saml_provider("Corp")
    role = stand.role("Saml", trusting({"Federated": provider.arn}, "sts:AssumeRoleWithSAML"))
    made = from_saml(
        role_arn=role.arn,
        principal_arn=provider.arn,
        saml_assertion=lambda: stand.saml_response(role, provider, subject="alice"),
        client=options(stand),
    )
    assert "assumed-role/Saml/" in who(stand, made)


def test_a_federated_user(stand: StandIn) -> None:
    alice = stand.user("alice", ANYTHING)
    policy = {"Version": "2012-10-17", "Statement": [ANYTHING]}
    made = from_federation_token(name="bob", policy=policy, client=options(stand, alice))
    assert who(stand, made).endswith("federated-user/bob")


def test_identity_tokens(stand: StandIn) -> None:
    stand.account(outbound_web_identity_federation=True)
    alice = stand.user("alice", ANYTHING)
    role = stand.role("Speaker", trusting({"AWS": alice.arn}), ANYTHING)
    speaker = from_temporary_credentials(role_arn=role.arn, client=options(stand, alice))
    tokens = web_identity_tokens(audience="https://api.example", source=speaker, client=options(stand))
    first = tokens.get()
    assert first.token.count(".") == 2
    stand.clock.advance(200)
    assert tokens.get().token != first.token


def test_a_refusal_ends_a_chain_and_says_what_the_service_said(stand: StandIn) -> None:
    alice = stand.user("alice", ANYTHING)
    role = stand.role("Closed", trusting({"AWS": "arn:aws:iam::999999999999:root"}))
    closed = from_temporary_credentials(role_arn=role.arn, client=options(stand, alice))
    with pytest.raises(ServiceError, match="AccessDenied"):
        chain(closed, alice).get()


def test_a_hundred_threads_at_the_same_expiry_make_one_call(stand: StandIn) -> None:
    alice = stand.user("alice", ANYTHING)
    role = stand.role("Reader", trusting({"AWS": alice.arn}))
    reader = from_temporary_credentials(role_arn=role.arn, client=options(stand, alice))
    reader.get()
    stand.clock.advance(3601)
    before = len(stand.requests)
    keys: list[str] = []
    threads = [threading.Thread(target=lambda: keys.append(reader.get().access_key_id)) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(keys) == 100
    assert len(set(keys)) == 1
    assert len(stand.requests) == before + 1
