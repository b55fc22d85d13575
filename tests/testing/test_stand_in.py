"""The fixture `understudy`: what it declares, what it shows, and what its asserts say when they fail."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from understudy.errors import AccessDenied, ExpiredTokenException
from understudy.policy import PolicyError
from understudy.testing import MovableClock, StandIn, standing_in

GITHUB = "token.actions.githubusercontent.com"
ANYONE = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def github(**condition: object) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


MAIN = github(StringEquals={f"{GITHUB}:sub": "repo:octo/app:ref:refs/heads/main"})
LOOSE = github(StringLike={f"{GITHUB}:sub": "repo:octo/*"})


def test_boto3_finds_the_stand_in_and_the_user(understudy: StandIn) -> None:
    alice = understudy.user("alice", ALL)
    understudy.sign_in(alice)
    assert boto3.client("sts").get_caller_identity()["Arn"] == alice.arn


def test_the_next_test_has_no_credentials_and_an_empty_directory(understudy: StandIn) -> None:
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert list(understudy.directory.entities()) == []
    assert understudy.requests == []


def test_a_user_assumes_a_role_and_the_session_calls(understudy: StandIn) -> None:
    alice = understudy.user("alice", ALL)
    role = understudy.role("Reader", ANYONE, ALL, account="987654321098", tags={"team": "a"})
    attempt = understudy.assert_can_assume(role, caller=alice, session_name="s1", duration_seconds=900)
    understudy.sign_in(attempt.credentials)
    assert boto3.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/Reader/s1")


def test_who_may_not_hears_why(understudy: StandIn) -> None:
    bob = understudy.user("bob")
    role = understudy.role("Reader", ANYONE, account="987654321098")
    attempt = understudy.assert_cannot_assume(role, caller=bob)
    assert isinstance(attempt.error, AccessDenied)
    with pytest.raises(AssertionError) as caught:
        understudy.assert_can_assume(role, caller=bob)
    assert "cannot be assumed" in str(caught.value)
    assert "identity" in str(caught.value)


def test_a_workflow_that_may(understudy: StandIn) -> None:
    role = understudy.role("Deploy", MAIN)
    understudy.assert_workflow_can_assume(role, repo="octo/app", ref="refs/heads/main")
    understudy.assert_workflow_cannot_assume(role, repo="octo/app", pull_request=True)
    understudy.assert_workflow_cannot_assume(role, repo="octo/app", environment="prod")


def test_a_loosened_condition_fails_and_names_it(understudy: StandIn) -> None:
    role = understudy.role("Deploy", LOOSE)
    with pytest.raises(AssertionError) as caught:
        understudy.assert_workflow_cannot_assume(role, repo="octo/app", pull_request=True)
    assert "can be assumed, which must not be" in str(caught.value)
    assert "repo:octo/*" in str(caught.value)


def test_a_tightened_condition_fails_with_the_value_that_missed(understudy: StandIn) -> None:
    role = understudy.role("Deploy", MAIN)
    with pytest.raises(AssertionError) as caught:
        understudy.assert_workflow_can_assume(role, repo="octo/app", ref="refs/heads/feature")
    assert "repo:octo/app:ref:refs/heads/feature" in str(caught.value)


def test_a_refused_token_proves_nothing_about_the_policy(understudy: StandIn) -> None:
    role = understudy.role("Deploy", MAIN)
    token = understudy.github_actions_token(repo="octo/app")
    understudy.clock.advance(3600)
    with pytest.raises(AssertionError, match="refused before any policy was asked"):
        understudy.assert_cannot_assume(role, web_identity_token=token)
    assert isinstance(understudy.attempt(role, web_identity_token=token).error, ExpiredTokenException)


def test_tokens_of_other_issuers(understudy: StandIn) -> None:
    trust = {
        **github(StringEquals={"oidc.eks.example/id/1:sub": "system:serviceaccount:web:api"}),
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.example/id/1"},
    }
    role = understudy.role("Pod", trust)
    issuer = "https://oidc.eks.example/id/1"
    good = understudy.oidc_token(issuer, "system:serviceaccount:web:api")
    bad = understudy.oidc_token(issuer, "system:serviceaccount:web:other")
    understudy.assert_can_assume(role, web_identity_token=good)
    understudy.assert_cannot_assume(role, web_identity_token=bad)


def test_gitlab_tokens_carry_their_claims(understudy: StandIn) -> None:
    trust = {
        **github(StringEquals={"gitlab.com:ref_protected": "true"}),
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/gitlab.com"},
    }
    role = understudy.role("Job", trust)
    understudy.assert_can_assume(role, web_identity_token=understudy.gitlab_token(project="a/b"))
    other = understudy.gitlab_token(project="a/b", ref_protected=False)
    understudy.assert_cannot_assume(role, web_identity_token=other)


def test_saml_responses(understudy: StandIn) -> None:
    corp = understudy.saml_provider("Corp")
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": corp.arn},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"saml:sub": "alice", "aws:RequestTag/team": "data"}},
    }
    role = understudy.role("Analyst", trust)
    good = understudy.saml_response(role, corp, subject="alice", tags={"team": "data"})
    other = understudy.saml_response(role, corp, subject="mallory", tags={"team": "data"})
    attempt = understudy.assert_can_assume(role, saml_response=good)
    understudy.sign_in(attempt.credentials)
    assert boto3.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/Analyst/alice")
    understudy.assert_cannot_assume(role, saml_response=other)
    assert understudy.attempt(role, saml_response="AAAA").error is not None


def test_with_several_saml_providers_the_principal_must_be_said(understudy: StandIn) -> None:
    one, _ = understudy.saml_provider("One"), understudy.saml_provider("Two")
    role = understudy.role(
        "Analyst", {"Effect": "Allow", "Principal": {"Federated": one.arn}, "Action": "sts:AssumeRoleWithSAML"}
    )
    response = understudy.saml_response(role, one)
    with pytest.raises(ValueError, match="principal_arn"):
        understudy.attempt(role, saml_response=response)
    understudy.assert_can_assume(role, saml_response=response, principal_arn=one.arn)


def test_mfa_codes(understudy: StandIn) -> None:
    alice = understudy.user("alice", ALL, mfa=True)
    needs_mfa = {**ANYONE, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    role = understudy.role("Admin", needs_mfa)
    understudy.assert_cannot_assume(role, caller=alice)
    code = understudy.mfa_code(alice)
    understudy.assert_can_assume(role, caller=alice, serial_number=alice.mfa_serial, token_code=code)
    again = understudy.attempt(role, caller=alice, serial_number=alice.mfa_serial, token_code=code)
    assert not again
    understudy.clock.advance(90)
    code = understudy.mfa_code(alice)
    assert understudy.attempt(role, caller=alice, serial_number=alice.mfa_serial, token_code=code)


def test_a_user_without_a_device_has_no_code(understudy: StandIn) -> None:
    with pytest.raises(ValueError, match="mfa=True"):
        understudy.mfa_code(understudy.user("bob"))


def test_the_clock_stands_still_and_sessions_expire(understudy: StandIn) -> None:
    moment = understudy.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    alice = understudy.user("alice", ALL)
    role = understudy.role("Reader", ANYONE)
    attempt = understudy.assert_can_assume(role, caller=alice, duration_seconds=900)
    assert attempt.credentials is not None
    assert attempt.credentials.expiration == moment + timedelta(seconds=900)
    understudy.clock.advance(901)
    expired = understudy.attempt(role, caller=attempt.credentials)
    assert expired.error is not None
    assert expired.error.code == "ExpiredToken"


def test_a_policy_that_is_none_is_refused_at_once(understudy: StandIn) -> None:
    with pytest.raises(PolicyError):
        understudy.role("Bad", {"Effect": "Allow", "Action": "sts:AssumeRole"})


def test_one_request_one_record_without_secrets(understudy: StandIn) -> None:
    role = understudy.role("Deploy", MAIN)
    token = understudy.github_actions_token(repo="octo/app")
    attempt = understudy.attempt(role, web_identity_token=token)
    assert [record["action"] for record in understudy.requests] == ["AssumeRoleWithWebIdentity"]
    assert token not in str(understudy.requests)
    assert attempt.credentials is not None
    assert attempt.credentials.secret_access_key not in repr(attempt)


async def test_in_an_async_test_as_well(understudy: StandIn) -> None:
    understudy.assert_workflow_can_assume(understudy.role("Deploy", MAIN), repo="octo/app")


def test_without_pytest_the_environment_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    with standing_in() as sts:
        sts.sign_in(sts.user("alice", ALL))
        assert "AWS_PROFILE" not in os.environ
        assert boto3.session.Session().client("sts").get_caller_identity()["Account"] == "123456789012"
    assert os.environ["AWS_PROFILE"] == "mine"
    assert "AWS_ACCESS_KEY_ID" not in os.environ


def test_a_clock_runs_freezes_and_moves() -> None:
    clock = MovableClock()
    with pytest.raises(ValueError, match="time zone"):
        clock.freeze(datetime(2030, 1, 1))
    clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    clock.sleep(5)
    assert clock.now == datetime(2030, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert clock.monotonic() == clock.time()
    clock.reset()
    clock.advance(1e9)
    assert clock.now.year > 2050
