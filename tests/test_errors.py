"""Errors: one hierarchy, texts that say what to do, and everything kept through pickling."""

from __future__ import annotations

import copy
import pickle

import pytest

from understudy import errors
from understudy.commands import AssumeRoleCommand
from understudy.errors import MODELLED, ServiceError, UnderstudyError, error_class

EVERY_CLASS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


def test_every_error_is_an_understudy_error() -> None:
    assert all(issubclass(kind, UnderstudyError) for kind in EVERY_CLASS)


def test_errors_are_caught_as_the_built_in_kind_that_they_are() -> None:
    assert issubclass(errors.CallTimeout, TimeoutError)
    assert issubclass(errors.ParameterError, ValueError)
    assert issubclass(errors.ConfigurationError, ValueError)


@pytest.mark.parametrize("kind", [*MODELLED, errors.AccessDenied, errors.ExpiredToken])
def test_each_code_has_its_class(kind: type[ServiceError]) -> None:
    assert error_class(kind.code) is kind
    assert kind("x").code == kind.code


def test_an_unknown_code_is_a_plain_service_error() -> None:
    assert error_class("Nonsense") is ServiceError
    error = ServiceError("no", code="Nonsense", status=418)
    assert (error.code, error.status, error.fault) == ("Nonsense", 418, "client")


def test_the_fault_goes_by_the_status() -> None:
    assert ServiceError("x", status=499).fault == "client"
    assert ServiceError("x", status=500).fault == "server"


def test_a_service_error_reads_as_a_sentence() -> None:
    error = errors.AccessDenied("no way", request_id="8a0e", operation="AssumeRole")
    assert str(error) == "AccessDenied when calling AssumeRole: no way (request id 8a0e)"
    assert str(ServiceError(None, code="MalformedInput")) == "MalformedInput"
    assert error.message == "no way"


def test_no_message_and_an_empty_message_stay_apart() -> None:
    assert not ServiceError(None).has_message
    assert ServiceError("").has_message
    assert ServiceError(None).message == ""


@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_service_errors_survive_pickling_and_copying(again) -> None:
    error = errors.AccessDenied("no", request_id="8a0e", operation="AssumeRole", status=499)
    error.add_note("a note")
    found = again(error)
    assert type(found) is errors.AccessDenied
    assert (found.message, found.request_id, found.operation, found.status) == ("no", "8a0e", "AssumeRole", 499)
    assert str(found) == str(error)
    assert not again(ServiceError(None, code="MalformedInput")).has_message


@pytest.mark.parametrize(
    "error",
    [
        errors.ConnectFailed("cannot connect", hint="is it up?"),
        errors.TransportError("broken", sent=False),
        errors.CredentialsError("none", try_next=True),
        errors.ResponseError("foreign", status=200),
        errors.ConfigurationError("missing", hint="set it"),
        errors.ParameterError.of("AssumeRole", AssumeRoleCommand.of({}).problems()),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_survive_pickling_with_what_they_carry(error: UnderstudyError) -> None:
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert vars(found) == vars(error)


def test_a_parameter_error_lists_every_problem() -> None:
    error = errors.ParameterError.of("AssumeRole", AssumeRoleCommand.of({"role_arn": "abc"}).problems())
    assert str(error) == (
        "AssumeRole breaks 2 limits of the service, nothing was sent:\n"
        "  - Value 'abc' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20\n"
        "  - Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"
    )
    assert len(error.problems) == 2


def test_a_failed_connection_has_sent_nothing() -> None:
    assert errors.ConnectFailed("x").sent is False
    assert errors.TransportError("x").sent is True


def test_a_hint_is_kept_apart_from_the_message() -> None:
    error = UnderstudyError("no region", hint="set AWS_REGION")
    assert (str(error), error.hint) == ("no region", "set AWS_REGION")
    assert UnderstudyError("x").hint is None
