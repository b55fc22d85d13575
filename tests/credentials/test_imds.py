"""The instance metadata service: sessions, the two versions, the two listings, and everything that breaks there."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.connections import PlainConnections
from tests.doubles.imds import EXTENDED, LEGACY, InstanceMetadata
from tests.doubles.loopback import HTML, Answer

from understudy.credentials.exchange import Exchange
from understudy.credentials.imds import IPV4, IPV6, InstanceMetadataProvider, endpoint_of
from understudy.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.clock import FakeClock

    Run = Callable[[Any], Any]

TOKEN = "PUT /latest/api/token"


@pytest.fixture
def imds() -> Any:
    with InstanceMetadata() as imds:
        yield imds


@pytest.fixture
def provider(exchange: Exchange, imds: InstanceMetadata, clock: FakeClock) -> InstanceMetadataProvider:
    return InstanceMetadataProvider(exchange, endpoint=imds.url, clock=clock)


def test_credentials_of_the_extended_listing_know_their_account(
    run: Run, provider: Any, imds: InstanceMetadata
) -> None:
    given = run(provider.retrieve())
    assert (given.access_key_id, given.secret_access_key, given.session_token) == (
        "ASIAWEB",
        "instance-secret",
        "instance-token",
    )
    assert (given.account_id, given.source) == ("111122223333", "imds")
    assert imds.paths() == [TOKEN, f"GET {EXTENDED}", f"GET {EXTENDED}web"]


def test_token_and_role_are_asked_for_once(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    run(provider.retrieve())
    run(provider.retrieve())
    assert imds.paths()[3:] == [f"GET {EXTENDED}web"]


def test_where_the_extended_listing_is_absent_the_older_one_is_used_and_remembered(
    run: Run, provider: Any, imds: InstanceMetadata
) -> None:
    imds.extended = False
    assert run(provider.retrieve()).account_id is None
    run(provider.retrieve())
    assert imds.paths() == [TOKEN, f"GET {EXTENDED}", f"GET {LEGACY}", f"GET {LEGACY}web", f"GET {LEGACY}web"]


def test_a_token_near_its_end_is_renewed(run: Run, provider: Any, imds: InstanceMetadata, clock: FakeClock) -> None:
    run(provider.retrieve())
    clock.advance(21_600 - 61)
    run(provider.retrieve())
    assert imds.paths().count(TOKEN) == 1
    clock.advance(2)
    run(provider.retrieve())
    assert imds.paths().count(TOKEN) == 2


def test_the_life_that_the_service_grants_counts(
    run: Run, provider: Any, imds: InstanceMetadata, clock: FakeClock
) -> None:
    imds.ttl = 300
    run(provider.retrieve())
    clock.advance(241)
    run(provider.retrieve())
    assert imds.paths().count(TOKEN) == 2


def test_a_token_refused_before_its_end_is_renewed_once(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    run(provider.retrieve())
    imds.tokens.clear()  # the service was restarted
    assert run(provider.retrieve()).access_key_id == "ASIAWEB"
    assert imds.paths()[3:] == [f"GET {EXTENDED}web", TOKEN, f"GET {EXTENDED}web"]


def test_a_fresh_token_that_is_refused_is_an_error(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    imds.script = [Answer(200, b"tok"), Answer(401)]
    with pytest.raises(CredentialsError, match="answered 401"):
        run(provider.retrieve())
    assert len(imds.asked) == 2


def test_a_changed_instance_profile_is_found(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    run(provider.retrieve())
    imds.role = "batch"
    assert run(provider.retrieve()).access_key_id == "ASIABATCH"


def test_a_configured_role_is_not_looked_up(
    run: Run, exchange: Exchange, imds: InstanceMetadata, clock: FakeClock
) -> None:
    provider = InstanceMetadataProvider(exchange, endpoint=imds.url, profile_name="web", clock=clock)
    imds.extended = False
    run(provider.retrieve())
    assert imds.paths() == [TOKEN, f"GET {EXTENDED}web", f"GET {LEGACY}web"]


def test_a_configured_role_that_is_not_there(
    run: Run, exchange: Exchange, imds: InstanceMetadata, clock: FakeClock
) -> None:
    provider = InstanceMetadataProvider(exchange, endpoint=imds.url, profile_name="other", clock=clock)
    with pytest.raises(CredentialsError, match="has no role 'other' for this instance"):
        run(provider.retrieve())


@pytest.mark.parametrize("status", [403, 404, 405])
def test_version_1_where_the_token_is_refused(run: Run, provider: Any, imds: InstanceMetadata, status: int) -> None:
    imds.script = [Answer(status)]
    assert run(provider.retrieve()).access_key_id == "ASIAWEB"
    assert "x-aws-ec2-metadata-token" not in imds.asked[-1].headers
    run(provider.retrieve())
    assert imds.paths().count(TOKEN) == 1  # it stays with version 1


def test_version_1_where_the_token_never_comes_back(
    run: Run, imds: InstanceMetadata, impatient: Exchange, clock: FakeClock
) -> None:
    imds.swallow_put = True
    provider = InstanceMetadataProvider(impatient, endpoint=imds.url, clock=clock)
    assert run(provider.retrieve()).access_key_id == "ASIAWEB"
    assert imds.paths().count(TOKEN) == 1


def test_back_to_version_2_when_version_1_is_switched_off(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    imds.version_2 = False
    run(provider.retrieve())
    imds.version_1, imds.version_2 = False, True
    assert run(provider.retrieve()).access_key_id == "ASIAWEB"


@pytest.mark.parametrize("swallow", [True, False], ids=["not answered", "refused"])
def test_version_1_forbidden(
    run: Run, imds: InstanceMetadata, impatient: Exchange, clock: FakeClock, swallow: bool
) -> None:
    imds.version_2, imds.swallow_put = False, swallow
    provider = InstanceMetadataProvider(impatient, endpoint=imds.url, v1_disabled=True, clock=clock)
    with pytest.raises(CredentialsError, match="ec2_metadata_v1_disabled forbids version 1") as caught:
        run(provider.retrieve())
    assert caught.value.try_next
    assert imds.paths() == [TOKEN]


def test_a_token_request_that_is_malformed_for_the_service_does_not_fall_back(
    run: Run, provider: Any, imds: InstanceMetadata
) -> None:
    imds.script = [Answer(400)]
    with pytest.raises(CredentialsError, match=r"asked for a token.* answered 400") as caught:
        run(provider.retrieve())
    assert not caught.value.try_next
    assert imds.paths() == [TOKEN]


@pytest.mark.parametrize("body", [b"", b"<html>hello</html>", b"two words", b"\xff\xfe", b"x" * 5000])
def test_a_token_that_cannot_be_one(run: Run, provider: Any, imds: InstanceMetadata, body: bytes) -> None:
    imds.script = [Answer(200, body)]
    with pytest.raises(CredentialsError, match="asked for a token"):
        run(provider.retrieve())


def test_an_instance_without_a_role(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    imds.role = None
    with pytest.raises(CredentialsError, match="has no role for this instance") as caught:
        run(provider.retrieve())
    assert caught.value.try_next


@pytest.mark.parametrize("body", [b"", b"<html>portal</html>", b"../../other", b"a b", b"x" * 300])
def test_a_listing_that_names_no_role(run: Run, provider: Any, imds: InstanceMetadata, body: bytes) -> None:
    imds.script = [Answer(200, b"tok"), Answer(200, body, headers={"content-type": "text/html"})]
    with pytest.raises(CredentialsError, match="of text/html, not with a role"):
        run(provider.retrieve())
    assert len(imds.asked) == 2


def test_a_role_that_the_instance_may_not_assume(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    failed = {"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role web."}
    imds.script = [Answer(200, b"tok"), Answer(200, b"web"), Answer.of(failed)]
    with pytest.raises(
        CredentialsError, match=r"role 'web' \(AssumeRoleUnauthorizedAccess: EC2 cannot assume"
    ) as caught:
        run(provider.retrieve())
    assert caught.value.recoverable


def test_a_portal_instead_of_credentials(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    imds.script = [Answer(200, b"tok"), Answer(200, b"web"), HTML]
    with pytest.raises(CredentialsError, match="text/html, not with a JSON object"):
        run(provider.retrieve())


def test_a_redirect_is_not_followed(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    imds.script = [Answer(200, b"tok"), Answer(301, headers={"location": f"{imds.url}/x"})]
    with pytest.raises(CredentialsError, match="redirect"):
        run(provider.retrieve())
    assert len(imds.asked) == 2


def test_an_outage_after_the_first_credentials_is_recoverable(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    run(provider.retrieve())
    imds.script = [Answer(500)] * 3
    with pytest.raises(CredentialsError, match="answered 500") as caught:
        run(provider.retrieve())
    assert caught.value.recoverable
    assert provider.static_stability


def test_expired_credentials_come_with_their_true_expiration(run: Run, provider: Any, imds: InstanceMetadata) -> None:
    imds.expiration = "2001-01-01T00:00:00Z"
    assert run(provider.retrieve()).expiration.year == 2001


def test_a_machine_that_is_no_instance(run: Run, clock: FakeClock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        connections = PlainConnections()
        provider = InstanceMetadataProvider(
            Exchange(connections, timeout=1, attempts=1, clock=clock), endpoint=address, clock=clock
        )
        with pytest.raises(CredentialsError, match="cannot be reached") as caught:
            run(provider.retrieve())
    assert caught.value.try_next
    assert connections.opened == 1  # no fall back to version 1 where nobody listens


def test_ipv6(run: Run, exchange: Exchange, clock: FakeClock) -> None:
    with InstanceMetadata(family=socket.AF_INET6) as imds:
        assert (
            run(InstanceMetadataProvider(exchange, endpoint=imds.url, clock=clock).retrieve()).access_key_id
            == "ASIAWEB"
        )


@pytest.mark.parametrize(
    ("mode", "endpoint", "expected"),
    [
        (None, None, IPV4),
        ("IPv4", None, IPV4),
        ("ipv6", None, IPV6),
        ("IPv6", "http://localhost:1338/", "http://localhost:1338"),
        (None, "http://localhost:1338/imds/", "http://localhost:1338/imds"),
    ],
)
def test_the_endpoint_wins_over_the_mode(mode: str | None, endpoint: str | None, expected: str) -> None:
    assert endpoint_of(mode, endpoint) == expected


@pytest.mark.parametrize(("mode", "endpoint"), [("ipv5", None), (None, "localhost:1338"), (None, "ftp://x/")])
def test_endpoint_settings_that_mean_nothing(mode: str | None, endpoint: str | None) -> None:
    with pytest.raises(ConfigurationError):
        endpoint_of(mode, endpoint)
