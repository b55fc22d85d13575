"""Checked by mypy --strict and pyright, never run: what the credentials' public types promise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import assert_type

from understudy import (
    AsyncSTSClient,
    AWSCredentials,
    ClientOptions,
    RefreshingCredentials,
    SharedCache,
    STSClient,
    WebIdentityToken,
    chain,
    from_env,
    from_function,
    from_ini,
    from_session_token,
    from_temporary_credentials,
    from_web_token,
    token_from_github_actions,
    totp,
    web_identity_tokens,
)
from understudy.credentials import Refreshing

ROLE = "arn:aws:iam::123456789012:role/reader"


def role(client: STSClient) -> RefreshingCredentials:
    session = from_session_token(serial_number="s", mfa=lambda serial: serial, client=client)
    return assert_type(
        from_temporary_credentials(
            role_arn=ROLE, tags={"a": "b"}, source=session, cache=SharedCache(), client=client, advisory_window=60.0
        ),
        RefreshingCredentials,
    )


async def values(one: RefreshingCredentials) -> None:
    assert_type(one.get(min_ttl=60), AWSCredentials)
    assert_type(await one.aget(), AWSCredentials)
    assert_type(one.refresh(), AWSCredentials)
    assert_type(one.current, AWSCredentials | None)
    assert_type(one.expiration, datetime | None)
    assert_type(one.watch(), Iterator[AWSCredentials])
    assert_type(one.awatch(), AsyncIterator[AWSCredentials])
    one.on_refresh(lambda value: value.access_key_id)
    one.invalidate("AKIA")


def sources(client: AsyncSTSClient) -> RefreshingCredentials:
    from_web_token(role_arn=ROLE, web_identity_token=token_from_github_actions(), client=ClientOptions())
    from_ini("p", mfa=totp("GEZDGNBV"), client=client)
    return chain(from_env(), from_function(lambda: None), expire_after=900, client=client)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def tokens() -> Refreshing[WebIdentityToken]:
    made = web_identity_tokens(audience="a")
    assert_type(made.get().token, str)
    return made


from_temporary_credentials(duration_seconds=900)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
from_temporary_credentials(role_arn=ROLE, client="eu-west-1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
STSClient(credentials=from_env())
