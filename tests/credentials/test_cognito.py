"""Cognito identities: guests, logins, remembered identity ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.cognito import POOL, CognitoIdentity
from tests.doubles.loopback import HTML, Answer

from understudy.credentials.cognito import (
    CognitoIdentityPoolProvider,
    CognitoIdentityProvider,
    CognitoService,
    region_of,
)
from understudy.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from understudy.credentials.exchange import Exchange

    Run = Callable[[Any], Any]

IDENTITY = "eu-west-1:00000000-0000-0000-0000-000000000007"
USER_POOL = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x"


@pytest.fixture
def cognito() -> Any:
    with CognitoIdentity() as cognito:
        yield cognito


@pytest.fixture
def service(exchange: Exchange, cognito: CognitoIdentity) -> CognitoService:
    return CognitoService(exchange, cognito.url)


def pool(service: CognitoService, **options: Any) -> CognitoIdentityPoolProvider:
    return CognitoIdentityPoolProvider(service, identity_pool_id=POOL, **{"identity_ids": {}, **options})


def test_a_known_identity(run: Run, service: CognitoService, cognito: CognitoIdentity) -> None:
    cognito.identities.add(IDENTITY)
    role = "arn:aws:iam::111122223333:role/x"
    given = run(CognitoIdentityProvider(service, identity_id=IDENTITY, custom_role_arn=role).retrieve())
    assert (given.access_key_id, given.secret_access_key, given.session_token) == (
        "ASIACOGNITO7",
        "cognito-secret",
        "cognito-session",
    )
    assert given.expiration.timestamp() == 1_800_003_600.5
    assert given.account_id == "111122223333"
    assert cognito.asked[0].json == {"IdentityId": IDENTITY, "CustomRoleArn": role}


def test_a_guest_of_a_pool_keeps_its_identity(run: Run, service: CognitoService, cognito: CognitoIdentity) -> None:
    provider = pool(service, account_id="111122223333")
    assert run(provider.retrieve()).account_id == "111122223333"
    run(provider.retrieve())
    assert cognito.operations() == ["GetId", "GetCredentialsForIdentity", "GetCredentialsForIdentity"]
    assert cognito.asked[0].json == {"AccountId": "111122223333", "IdentityPoolId": POOL}


def test_two_providers_of_one_user_share_the_identity(
    run: Run, service: CognitoService, cognito: CognitoIdentity
) -> None:
    ids: dict[str, str] = {}
    run(pool(service, identity_ids=ids, user_identifier="alice").retrieve())
    run(pool(service, identity_ids=ids, user_identifier="alice").retrieve())
    run(pool(service, identity_ids=ids, user_identifier="bob").retrieve())
    assert cognito.operations().count("GetId") == 2
    assert len(ids) == 2


def test_with_logins_and_no_user_nothing_is_remembered(
    run: Run, service: CognitoService, cognito: CognitoIdentity
) -> None:
    cognito.logins = {USER_POOL: "id-token"}
    ids: dict[str, str] = {}
    provider = pool(service, identity_ids=ids, logins={USER_POOL: "id-token"})
    run(provider.retrieve())
    run(provider.retrieve())
    assert cognito.operations().count("GetId") == 2
    assert ids == {}


def test_an_identity_that_is_gone_is_forgotten(run: Run, service: CognitoService, cognito: CognitoIdentity) -> None:
    provider = pool(service)
    run(provider.retrieve())
    cognito.identities.clear()
    with pytest.raises(CredentialsError, match="ResourceNotFoundException") as caught:
        run(provider.retrieve())
    assert not caught.value.recoverable
    assert run(provider.retrieve()).access_key_id


def test_an_outage_does_not_cost_the_identity(run: Run, service: CognitoService, cognito: CognitoIdentity) -> None:
    ids: dict[str, str] = {}
    provider = pool(service, identity_ids=ids)
    run(provider.retrieve())
    cognito.script = [Answer(500)] * 3
    with pytest.raises(CredentialsError) as caught:
        run(provider.retrieve())
    assert caught.value.recoverable
    assert len(ids) == 1


def test_throttling_with_status_400_is_asked_again(run: Run, service: CognitoService, cognito: CognitoIdentity) -> None:
    cognito.script = [Answer.of({"__type": "com.amazonaws.cognito#TooManyRequestsException"}, 400)]
    assert run(pool(service).retrieve()).access_key_id == "ASIACOGNITO0"


def test_login_functions_are_called_at_each_retrieval(
    run: Run, service: CognitoService, cognito: CognitoIdentity
) -> None:
    tokens = iter(["one\n", "two"])
    provider = pool(service, logins={USER_POOL: lambda: next(tokens)}, user_identifier="alice")
    cognito.logins = {USER_POOL: "one"}
    run(provider.retrieve())
    cognito.logins = {USER_POOL: "two"}
    run(provider.retrieve())
    assert [asked.json["Logins"][USER_POOL] for asked in cognito.asked] == ["one", "one", "two"]


def test_login_functions_may_be_async(run: Run, service: CognitoService, cognito: CognitoIdentity) -> None:
    async def token() -> str:
        return "from a task"

    cognito.logins = {USER_POOL: "from a task"}
    assert run(pool(service, logins={USER_POOL: token}).retrieve()).access_key_id


def test_an_expired_login_token_is_not_shown(run: Run, service: CognitoService, cognito: CognitoIdentity) -> None:
    with pytest.raises(
        CredentialsError, match=r"NotAuthorizedException: Invalid login token\. Token expired"
    ) as caught:
        run(pool(service, logins={USER_POOL: "very-secret"}).retrieve())
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize("login", ["", "  ", None])
def test_a_login_without_a_token(run: Run, service: CognitoService, cognito: CognitoIdentity, login: Any) -> None:
    with pytest.raises(CredentialsError, match=f"the login for '{USER_POOL}' gave no token"):
        run(pool(service, logins={USER_POOL: lambda: login}).retrieve())
    assert cognito.asked == []


@pytest.mark.parametrize("answer", [HTML, Answer.of({"Credentials": {}}), Answer.of({"x": 1}), Answer(200)])
def test_answers_that_lack_something(
    run: Run, service: CognitoService, cognito: CognitoIdentity, answer: Answer
) -> None:
    cognito.script = [answer]
    with pytest.raises(CredentialsError):
        run(CognitoIdentityProvider(service, identity_id=IDENTITY).retrieve())
    cognito.script = [answer]
    with pytest.raises(CredentialsError):
        run(pool(service).retrieve())


def test_the_region_is_in_front_of_an_identity() -> None:
    assert region_of(POOL) == "eu-west-1"


@pytest.mark.parametrize("text", ["", "x", ":x", "eu-west-1:"])
def test_what_is_no_identity(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a Cognito identity"):
        region_of(text)
