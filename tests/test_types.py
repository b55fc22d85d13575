"""Outputs: metadata that takes no part in comparison, and secrets that are not shown."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from understudy import types
from understudy.commands import COMMANDS

SECRETS = {"SecretAccessKey", "SessionToken", "WebIdentityToken"}
ALICE = {"user_id": "AIDAX", "account": "123456789012", "arn": "arn:aws:iam::123456789012:user/alice"}


def test_metadata_is_attached_once_and_compares_with_nothing() -> None:
    output, other = types.GetCallerIdentityOutput(**ALICE), types.GetCallerIdentityOutput(**ALICE)
    output.with_metadata(types.ResponseMetadata(request_id="8a0e", attempts=2, total_retry_delay=0.5))
    assert output == other
    assert hash(output) == hash(other)
    assert "8a0e" not in str(output.to_dict())
    assert (output.metadata.request_id, output.metadata.attempts) == ("8a0e", 2)


def test_an_output_without_metadata_has_the_plainest() -> None:
    metadata = types.GetCallerIdentityOutput(**ALICE).metadata
    assert (metadata.http_status_code, metadata.attempts, metadata.request_id) == (200, 1, None)


def test_metadata_shows_no_headers() -> None:
    metadata = types.ResponseMetadata(headers=(("x-amz-security-token", "hidden"),), request_id="8a0e")
    assert "hidden" not in repr(metadata)
    assert "8a0e" in repr(metadata)


def test_an_output_is_frozen_and_survives_pickling() -> None:
    output = types.GetCallerIdentityOutput(**ALICE)
    with pytest.raises(AttributeError, match="immutable"):
        output.account = "1"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(output)) == output


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.operation.name)
def test_no_output_shows_its_secrets(command: type) -> None:
    credentials = types.Credentials(
        access_key_id="ASIAAAAAAAAAAAAAAAAA",
        secret_access_key="hidden",
        session_token="hidden",
        expiration=datetime(2026, 1, 1, tzinfo=UTC),
    )
    output = command.operation.output  # type: ignore[attr-defined]
    values = {"credentials": credentials, "web_identity_token": "hidden"}
    made = output(**{member.name: values[member.name] for member in output.members if member.name in values})
    assert "hidden" not in repr(made)
    assert "hidden" not in f"{made}"


def test_every_secret_of_the_service_is_sensitive() -> None:
    shapes = [types.Credentials, *(command.operation.output for command in COMMANDS)]
    for shape in shapes:
        for member in shape.members:
            assert member.kind.sensitive or member.wire_name not in SECRETS, (shape, member)
