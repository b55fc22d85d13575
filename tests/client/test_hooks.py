"""Hooks: each step, in order, with what it may change; and the logger, which is one of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.client.scripted import ALICE, Script, client, failure, identity

from understudy import Hooks, errors
from understudy.client.hooks import Call, Steps
from understudy.commands import AssumeRoleCommand, GetCallerIdentityCommand
from understudy.http import Request, Response


class Recorder(Hooks):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def before_call(self, call: Call, command: Any) -> None:
        self.steps.append(f"before_call {type(command).__name__} {call.attempt}")

    def before_sign(self, call: Call, request: Request) -> None:
        self.steps.append(f"before_sign {call.attempt} {request.header('authorization')}")

    def before_send(self, call: Call, request: Request) -> None:
        self.steps.append(f"before_send {call.attempt} {(request.header('authorization') or '')[:16]}")

    def after_response(self, call: Call, response: Response) -> None:
        self.steps.append(f"after_response {response.status}")

    def before_retry(self, call: Call, error: errors.UnderstudyError, delay: float) -> None:
        self.steps.append(f"before_retry {type(error).__name__} {delay:.2f}")

    def after_call(self, call: Call, output: Any) -> None:
        self.steps.append(f"after_call {output.account} {output.metadata.attempts}")

    def on_error(self, call: Call, error: errors.UnderstudyError) -> None:
        self.steps.append(f"on_error {type(error).__name__} {call.attempt}")


def test_every_step_in_order() -> None:
    recorder = Recorder()
    client(Script(failure(500, "Oops"), identity()), hooks=[recorder]).get_caller_identity()
    assert recorder.steps == [
        "before_call GetCallerIdentityCommand 0",
        "before_sign 1 None",
        "before_send 1 AWS4-HMAC-SHA256",
        "after_response 500",
        "before_retry ServiceError 0.05",
        "before_sign 2 None",
        "before_send 2 AWS4-HMAC-SHA256",
        "after_response 200",
        "after_call 123456789012 2",
    ]


@pytest.mark.parametrize(
    ("step", "command", "last"),
    [
        (failure(403, "AccessDenied"), GetCallerIdentityCommand(), "on_error AccessDenied 1"),
        (errors.ConnectFailed("down"), GetCallerIdentityCommand(), "on_error ConnectFailed 3"),
        (identity(), AssumeRoleCommand(role_arn="x", role_session_name="y"), "on_error ParameterError 0"),
    ],
)
def test_an_error_ends_in_on_error(step: Any, command: Any, last: str) -> None:
    recorder = Recorder()
    with pytest.raises(errors.UnderstudyError):
        client(Script(step), hooks=[recorder]).send(command)
    assert recorder.steps[-1] == last


def test_a_header_added_before_signing_is_signed() -> None:
    class Tenant(Hooks):
        def before_sign(self, call: Call, request: Request) -> Request:
            return request.with_headers(("x-tenant", "blue"))

    script = Script(identity())
    client(script, hooks=[Tenant()]).get_caller_identity()
    assert script.requests[0].header("x-tenant") == "blue"
    assert "x-tenant" in (script.requests[0].header("authorization") or "")


def test_a_header_added_before_sending_is_not_signed() -> None:
    class Trace(Hooks):
        def before_send(self, call: Call, request: Request) -> Request:
            return request.with_headers(("traceparent", "00-1"))

    script = Script(identity())
    client(script, hooks=[Trace()]).get_caller_identity()
    assert script.requests[0].header("traceparent") == "00-1"
    assert "traceparent" not in (script.requests[0].header("authorization") or "")


def test_a_command_and_an_answer_can_be_replaced() -> None:
    class Swap(Hooks):
        def before_call(self, call: Call, command: Any) -> Any:
            return command.replace(role_session_name="swapped")

        def after_response(self, call: Call, response: Response) -> Response:
            return failure(403, "AccessDenied", "replaced")

    script = Script(identity())
    with pytest.raises(errors.AccessDenied, match="replaced"):
        client(script, hooks=[Swap()]).assume_role(
            role_arn="arn:aws:iam::123456789012:role/Reader", role_session_name="mine"
        )
    assert b"RoleSessionName=swapped" in script.requests[0].body


def test_hooks_run_in_their_order_and_share_notes() -> None:
    class First(Hooks):
        def before_call(self, call: Call, command: Any) -> None:
            call.notes["order"] = ["first"]

    class Second(Hooks):
        def before_call(self, call: Call, command: Any) -> None:
            call.notes["order"].append("second")

        def after_call(self, call: Call, output: Any) -> None:
            seen.extend(call.notes["order"])

    seen: list[str] = []
    client(Script(identity()), hooks=[First(), Second()]).get_caller_identity()
    assert seen == ["first", "second"]


def test_what_a_hook_raises_ends_the_call() -> None:
    class Refuse(Hooks):
        def before_send(self, call: Call, request: Request) -> None:
            raise PermissionError("not on fridays")

    script = Script(identity())
    with pytest.raises(PermissionError, match="not on fridays"):
        client(script, hooks=[Refuse()]).get_caller_identity()
    assert script.requests == []


def test_any_object_with_a_step_will_do_and_empty_steps_cost_nothing() -> None:
    class Duck:
        def after_call(self, call: Call, output: Any) -> None: ...

    steps = Steps([Hooks(), Duck()])
    assert {step: len(getattr(steps, step)) for step in Steps.STEPS if getattr(steps, step)} == {"after_call": 1}


def test_the_logger_tells_attempts_retries_and_failures_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    script = Script(failure(500, "Oops"), failure(403, "AccessDenied", "you may not"))
    with caplog.at_level(logging.DEBUG, "mine"), pytest.raises(errors.AccessDenied):
        client(script, logger=logging.getLogger("mine")).get_caller_identity()
    text = caplog.text
    assert "GetCallerIdentity attempt 2 of 3 to https://sts.eu-west-1.amazonaws.com" in text
    assert "repeated in 0.050 s" in text
    assert "failed after 2 attempts: AccessDenied when calling GetCallerIdentity: you may not" in text
    for secret in (ALICE.secret_access_key, str(ALICE.session_token), "AWS4-HMAC-SHA256"):
        assert secret not in text


def test_true_is_the_logger_of_the_package(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "understudy"):
        client(Script(identity()), logger=True).get_caller_identity()
    assert {record.name for record in caplog.records} == {"understudy"}


def test_without_a_logger_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client(Script(identity())).get_caller_identity()
    assert caplog.records == []
