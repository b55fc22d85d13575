"""The container endpoint: which addresses are asked, with what authorization, and what comes of each answer."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.connections import PlainConnections, ScriptedConnections
from tests.doubles.container import DOCUMENT, ContainerEndpoint
from tests.doubles.loopback import HTML, Answer, Loopback

from understudy.credentials.container import container_provider
from understudy.credentials.exchange import Exchange
from understudy.credentials.http import HttpProvider
from understudy.errors import ConfigurationError, CredentialsError
from understudy.http import Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[[Any], Any]


@pytest.fixture
def endpoint() -> Any:
    with ContainerEndpoint() as endpoint:
        yield endpoint


def test_the_document_becomes_credentials_with_their_account(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint
) -> None:
    given = run(HttpProvider(exchange, full_uri=f"{endpoint.url}/creds?id=7").retrieve())
    assert (given.access_key_id, given.secret_access_key, given.session_token) == (
        "ASIACONTAINER1",
        "secret-1",
        "token-1",
    )
    assert given.account_id == "111122223333"
    assert given.expiration.isoformat() == "2027-01-15T14:00:00+00:00"
    assert given.source == "http"
    assert endpoint.asked[0].query == {"id": "7"}


def test_the_relative_uri_wins_and_goes_to_the_ecs_host(run: Run) -> None:
    connections = ScriptedConnections(Response(200, (), b"{}"))
    provider = HttpProvider(
        Exchange(connections, timeout=1, attempts=1), relative_uri="/v2/x?a=b", full_uri="https://e.example"
    )
    with pytest.raises(CredentialsError):
        run(provider.retrieve())
    assert connections.sent[0].url == "http://169.254.170.2/v2/x?a=b"


def test_a_relative_uri_cannot_extend_the_host_name(exchange: Exchange) -> None:
    with pytest.raises(ConfigurationError, match="must begin with '/'"):
        HttpProvider(exchange, relative_uri=".example.com/creds")


@pytest.mark.parametrize(
    "uri",
    [
        "https://creds.example.com/x",
        "http://127.0.0.1:8080/x",
        "http://127.9.9.9/x",
        "http://localhost/x",
        "http://[::1]:80/x",
        "http://169.254.170.2/x",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
        "http://[fd00:0ec2:0:0::23]/v1/credentials",
    ],
)
def test_allowed_addresses(exchange: Exchange, uri: str) -> None:
    assert HttpProvider(exchange, full_uri=uri).url == uri


@pytest.mark.parametrize(
    "uri",
    [
        "http://creds.example.com/x",
        "http://169.254.169.254/x",
        "http://169.254.170.2.example.com/x",
        "http://127.0.0.1@example.com/x",
        "http://user@127.0.0.1/x",
        "http://127.1/x",
        "http://localhost.example.com/x",
        "http://[fd00:ec2::24]/x",
        "http://0.0.0.0/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http:///x",
        "http://127.0.0.1:70000/x",
        "http://127.0.0.1\\@example.com/x",
        "http://127.0.0.1/x y",
    ],
)
def test_other_addresses_are_refused_before_anything_is_sent(exchange: Exchange, uri: str) -> None:
    with pytest.raises(ConfigurationError):
        HttpProvider(exchange, full_uri=uri)


def test_the_token_file_wins_over_the_token_and_is_read_at_each_retrieval(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    endpoint.token = "first"
    provider = HttpProvider(
        exchange, full_uri=f"{endpoint.url}/", authorization_token="never", authorization_token_file=str(file)
    )
    run(provider.retrieve())
    endpoint.token = "second"  # the endpoint rotates: the old token is refused, the new one in the file is not
    file.write_text("second")
    assert run(provider.retrieve()).access_key_id == "ASIACONTAINER2"
    assert [asked.headers["authorization"] for asked in endpoint.asked] == ["first", "second"]


@pytest.mark.parametrize("token", ["abc\n", "abc\r\nx-evil: 1", "a\rb"])
def test_a_token_with_a_line_break_is_refused_and_not_shown(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint, tmp_path: Path, token: str
) -> None:
    file = tmp_path / "token"
    file.write_bytes(token.encode())
    with pytest.raises(CredentialsError, match="line break") as caught:
        run(HttpProvider(exchange, full_uri=f"{endpoint.url}/", authorization_token_file=str(file)).retrieve())
    assert "abc" not in str(caught.value)
    assert endpoint.asked == []


def test_a_missing_token_file_is_named(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint, tmp_path: Path
) -> None:
    with pytest.raises(CredentialsError, match=r"nowhere.*No such file"):
        run(
            HttpProvider(exchange, full_uri=endpoint.url, authorization_token_file=str(tmp_path / "nowhere")).retrieve()
        )


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_asked_again(run: Run, exchange: Exchange, endpoint: ContainerEndpoint, status: int) -> None:
    endpoint.script = [Answer.of({"code": "Nope", "message": "no such task"}, status)]
    with pytest.raises(CredentialsError, match=rf"answered {status} \(Nope: no such task\)") as caught:
        run(HttpProvider(exchange, full_uri=f"{endpoint.url}/x?secret=1").retrieve())
    assert len(endpoint.asked) == 1
    assert not caught.value.try_next
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_asked_again(run: Run, exchange: Exchange, endpoint: ContainerEndpoint, status: int) -> None:
    endpoint.script = [Answer(status), Answer(status)]
    assert run(HttpProvider(exchange, full_uri=endpoint.url).retrieve()).access_key_id == "ASIACONTAINER1"
    assert len(endpoint.asked) == 3


def test_an_outage_is_recoverable_and_says_how_it_was_answered(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint
) -> None:
    endpoint.script = [Answer(503, b"busy", headers={"content-type": "text/plain"})] * 3
    with pytest.raises(CredentialsError, match=r"answered 503 \(4 bytes of text/plain\)") as caught:
        run(HttpProvider(exchange, full_uri=endpoint.url).retrieve())
    assert caught.value.recoverable


def test_a_redirect_is_not_followed(run: Run, exchange: Exchange, endpoint: ContainerEndpoint) -> None:
    endpoint.script = [Answer(302, headers={"location": f"{endpoint.url}/elsewhere"})]
    with pytest.raises(CredentialsError, match=r"redirect \(302\), which is not followed"):
        run(HttpProvider(exchange, full_uri=endpoint.url).retrieve())
    assert [asked.path for asked in endpoint.asked] == ["/"]


def test_the_content_type_does_not_matter_but_the_content_does(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint
) -> None:
    endpoint.script = [Answer.of(DOCUMENT, content_type="text/html"), HTML]
    provider = HttpProvider(exchange, full_uri=endpoint.url)
    assert run(provider.retrieve()).session_token == "token-1"
    with pytest.raises(CredentialsError, match="bytes of text/html, not with a JSON object") as caught:
        run(provider.retrieve())
    assert "guest" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_no_document(run: Run, exchange: Exchange, endpoint: ContainerEndpoint, body: bytes) -> None:
    endpoint.script = [Answer(200, body)]
    with pytest.raises(CredentialsError, match="not with a JSON object"):
        run(HttpProvider(exchange, full_uri=endpoint.url).retrieve())


@pytest.mark.parametrize("member", ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"])
@pytest.mark.parametrize("value", [None, "", True, {}])
def test_each_member_is_needed(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint, member: str, value: object
) -> None:
    endpoint.script = [Answer.of({**DOCUMENT, member: value})]
    with pytest.raises(CredentialsError) as caught:
        run(HttpProvider(exchange, full_uri=endpoint.url).retrieve())
    assert "secret-1" not in str(caught.value)
    assert "xpiration" in str(caught.value) if member == "Expiration" else member in str(caught.value)


def test_an_oversized_answer_is_refused(run: Run, exchange: Exchange, endpoint: ContainerEndpoint) -> None:
    endpoint.script = [Answer.of({**DOCUMENT, "Padding": "x" * 300_000})]
    with pytest.raises(CredentialsError, match="262144 are read"):
        run(HttpProvider(exchange, full_uri=endpoint.url).retrieve())


def test_credentials_that_have_expired_come_with_their_true_expiration(
    run: Run, exchange: Exchange, endpoint: ContainerEndpoint
) -> None:
    endpoint.script = [Answer.of({**DOCUMENT, "Expiration": "2001-01-01T00:00:00Z"})]
    assert run(HttpProvider(exchange, full_uri=endpoint.url).retrieve()).expiration.year == 2001


def test_no_answer_lets_the_chain_go_on(run: Run, impatient: Exchange, endpoint: ContainerEndpoint) -> None:
    endpoint.script = [Answer(hold=True)]
    with pytest.raises(CredentialsError, match=r"did not answer within 0\.2 s") as caught:
        run(HttpProvider(impatient, full_uri=endpoint.url).retrieve())
    assert caught.value.try_next
    assert caught.value.recoverable


def test_nobody_there(run: Run, exchange: Exchange) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(CredentialsError, match="cannot be reached") as caught:
            run(HttpProvider(exchange, full_uri=f"http://127.0.0.1:{unused.getsockname()[1]}/").retrieve())
    assert caught.value.recoverable


def test_a_connection_cut_short_is_tried_again(run: Run, exchange: Exchange, endpoint: ContainerEndpoint) -> None:
    endpoint.script = [Answer(cut=True)]
    assert run(HttpProvider(exchange, full_uri=endpoint.url).retrieve()).access_key_id == "ASIACONTAINER1"


def test_ipv6_loopback(run: Run, exchange: Exchange) -> None:
    with Loopback(lambda asked: Answer.of(DOCUMENT), family=socket.AF_INET6) as server:
        assert server.url.startswith("http://[::1]:")
        assert run(HttpProvider(exchange, full_uri=server.url).retrieve()).access_key_id == "ASIACONTAINER1"


def test_the_environment_of_a_task(run: Run, endpoint: ContainerEndpoint) -> None:
    environ = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoint.url}/role",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "from-environment",
    }
    endpoint.token = "from-environment"
    assert run(container_provider(environ, PlainConnections()).retrieve()).source == "container"


def test_no_endpoint_in_the_environment_lets_the_chain_go_on() -> None:
    with pytest.raises(CredentialsError, match="neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor") as caught:
        container_provider({}, PlainConnections())
    assert caught.value.try_next
