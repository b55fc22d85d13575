"""A stand-in that a test declares: users, roles and providers in, tokens, codes, attempts and asserts out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

from understudy.commands import AssumeRoleCommand, AssumeRoleWithSAMLCommand, AssumeRoleWithWebIdentityCommand
from understudy.directory import (
    AccessKey,
    Account,
    Bucket,
    MemoryDirectory,
    MFADevice,
    OIDCProvider,
    Policies,
    Role,
    SAMLProvider,
    User,
    identifiers,
)
from understudy.errors import ServiceError
from understudy.http import Request, Response
from understudy.policy import PolicyKind
from understudy.server import workload_claims
from understudy.server.identity_provider import AWS_AUDIENCE, GITHUB, GITLAB, IdentityProvider
from understudy.server.settings import Settings
from understudy.testing import environment
from understudy.testing.attempts import Attempt, RecordingAuthorizer
from understudy.testing.clock import MovableClock
from understudy.testing.documents import PolicyLike, document

if TYPE_CHECKING:
    from understudy.commands import Command
    from understudy.server.guard import GuardSettings
    from understudy.server.run import Running
    from understudy.server.saml_provider import SAMLIdentityProvider

ACCOUNT = "123456789012"
REGION = "us-east-1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True, slots=True)
class DeclaredUser:
    """An IAM user of the stand-in with its access key, and its MFA device's serial number where it has one."""

    arn: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    mfa_serial: str | None = None


class Stage:
    """What a stand-in starts with: a clock, an empty directory, an empty record of requests."""

    def __init__(self) -> None:
        self.clock = MovableClock()
        self.directory = MemoryDirectory()
        self.requests: list[Mapping[str, Any]] = []

    def settings(self) -> Settings:
        """The settings of a server on this stage."""
        return Settings(clock=self.clock, log=self.requests.append)


class StandIn:
    """One test's stand-in: an empty directory, a clock of its own, and a real endpoint at `url`.

    Everything is declared in account 123456789012 unless `account` says otherwise; accounts come about by being named.
    """

    def __init__(self, running: Running, *, region: str = REGION, stage: Stage | None = None) -> None:
        self.region = region
        self.url = running.url
        self._guarded = stage is not None
        stage = stage or Stage()
        self.clock, self.directory = stage.clock, stage.directory
        self.requests = stage.requests
        """One record for each request that was answered, oldest first."""
        # A server that was started on the stage is taken as it is, another one is recast for it.
        self.service = running.service if self._guarded else running.recast(stage.directory, stage.settings())
        self._authorizer = RecordingAuthorizer(self.service.authorizer)
        self.service.authorizer = self._authorizer
        self._issuers: dict[tuple[str, str], IdentityProvider] = {}
        self._saml: dict[str, SAMLIdentityProvider] = {}

    # What is there

    def account(self, account_id: str = ACCOUNT, **changes: Any) -> Account:
        """Declare an account, or change members of one (see `understudy.directory.Account`)."""
        found = self.directory.account(account_id) or Account(account_id=account_id)
        if changes or self.directory.account(account_id) is None:
            found = replace(found, **changes)
            self.directory.put(found)
        return found

    def user(
        self,
        name: str,
        *policies: PolicyLike,
        account: str = ACCOUNT,
        mfa: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> DeclaredUser:
        """Declare an IAM user with one access key, identity policies, and an MFA device if asked for."""
        self.account(account)
        key_id = identifiers.derived_access_key_id(account, f"user/{name}")
        key = AccessKey(access_key_id=key_id, secret_access_key=identifiers.derived_secret(key_id))
        serial = f"arn:aws:iam::{account}:mfa/{name}" if mfa else None
        devices = (MFADevice(serial_number=serial, seed=_seed(serial)),) if serial else ()
        user = User(
            account=account,
            name=name,
            access_keys=(key,),
            mfa_devices=devices,
            policies=_identity(policies),
            tags=dict(tags or {}),
        )
        self.directory.put(user)
        return DeclaredUser(user.arn, key_id, key.secret_access_key, serial)

    def role(
        self,
        name: str,
        trust: PolicyLike,
        *policies: PolicyLike,
        account: str = ACCOUNT,
        max_session_duration: int = 3600,
        tags: Mapping[str, str] | None = None,
    ) -> Role:
        """Declare a role: its trust policy (a statement, a document, JSON text or a `Path`) and identity policies."""
        self.account(account)
        role = Role(
            account=account,
            name=name,
            trust_policy=document(trust, PolicyKind.TRUST),
            policies=_identity(policies),
            max_session_duration=max_session_duration,
            tags=dict(tags or {}),
        )
        self.directory.put(role)
        return role

    def oidc_provider(
        self, url: str, client_ids: Sequence[str] = (AWS_AUDIENCE,), *, account: str = ACCOUNT
    ) -> IdentityProvider:
        """Declare an OpenID Connect provider; what comes back signs its tokens, under any issuer's name, offline."""
        self.account(account)
        issuer = self._issuers.get((account, url)) or IdentityProvider(url, algorithm="ES256", clock=self.clock)
        self._issuers[account, url] = issuer
        self.directory.put(
            OIDCProvider(account=account, url=issuer.issuer, client_ids=tuple(client_ids), jwks=issuer.jwks_text())
        )
        return issuer

    def saml_provider(self, name: str, *, account: str = ACCOUNT) -> SAMLProvider:
        """Declare a SAML provider, whose responses `saml_response` makes."""
        from understudy.server.saml_provider import SAMLIdentityProvider

        self.account(account)
        issuer = SAMLIdentityProvider(f"https://{name.lower()}.example.com/saml", clock=self.clock)
        provider = SAMLProvider(account=account, name=name, metadata=issuer.metadata())
        self.directory.put(provider)
        self._saml[provider.arn] = issuer
        return provider

    def bucket(self, name: str, policy: PolicyLike | None = None, *, account: str = ACCOUNT) -> Bucket:
        """Declare a bucket of a guarded S3 (see `understudy_s3`), with a bucket policy or without."""
        self.account(account)
        text = None if policy is None else document(policy, PolicyKind.RESOURCE)
        bucket = Bucket(account=account, name=name, policy=text)
        self.directory.put(bucket)
        return bucket

    # What they show

    def github_actions_token(
        self,
        *,
        repo: str,
        ref: str = "refs/heads/main",
        audience: str = AWS_AUDIENCE,
        account: str = ACCOUNT,
        **job: Any,
    ) -> str:
        """The token of a GitHub Actions job; `job` takes environment, pull_request, actor, workflow, workflow_file."""
        claims = workload_claims.github_actions(repo=repo, ref=ref, **job)
        return self._token(GITHUB, claims, audience, account)

    def gitlab_token(self, *, project: str, audience: str = AWS_AUDIENCE, account: str = ACCOUNT, **job: Any) -> str:
        """The ID token of a job on gitlab.com; `job` takes ref, ref_type, ref_protected, user."""
        return self._token(GITLAB, workload_claims.gitlab(project=project, **job), audience, account)

    def oidc_token(
        self, url: str, subject: str, *, audience: str = AWS_AUDIENCE, account: str = ACCOUNT, **claims: Any
    ) -> str:
        """A token of any issuer with any claims; the provider is declared if it is not there yet."""
        return self._token(url, {"sub": subject, **claims}, audience, account)

    def saml_response(self, role: Role | str, provider: SAMLProvider, **assertion: Any) -> str:
        """A signed response for a role; see `SAMLIdentityProvider.response` for what `assertion` takes."""
        return self._saml[provider.arn].response(_arn(role), provider.arn, **assertion)

    def mfa_code(self, user: DeclaredUser, *, steps: int = 0) -> str:
        """The six digits that the user's device shows now, or so many steps of 30 seconds later."""
        from understudy.otp import STEP_SECONDS
        from understudy.server.mfa import totp

        if user.mfa_serial is None:
            raise ValueError(f"{user.arn} has no MFA device; declare the user with mfa=True")
        return totp(_seed(user.mfa_serial), self.clock.time() + steps * STEP_SECONDS)

    # Where SDKs find it

    def environment(self, credentials: Any = None) -> dict[str, str | None]:
        """Variables to set, and to take away where None: the endpoint, and the credentials of a user or a session."""
        guarded = {"AWS_ENDPOINT_URL_S3": self.url, "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional"}
        return {
            **environment.endpoint_environment(self.url, self.region),
            **(guarded if self._guarded else {}),
            **environment.credential_environment(credentials),
        }

    def sign_in(self, credentials: Any) -> None:
        """Put credentials into this process's environment, where SDKs find them; None takes them out."""
        environment.applied(environment.credential_environment(credentials))

    # What they may

    def attempt(
        self,
        role: Role | str,
        *,
        caller: Any = None,
        web_identity_token: str | None = None,
        saml_response: str | None = None,
        session_name: str = "test",
        **members: Any,
    ) -> Attempt:
        """Try to assume a role, over a real connection, as one of the three; `members` are those of the command."""
        arn = _arn(role)
        command: Command[Any]
        if web_identity_token is not None:
            command = AssumeRoleWithWebIdentityCommand(
                role_arn=arn, role_session_name=session_name, web_identity_token=web_identity_token, **members
            )
        elif saml_response is not None:
            principal = members.pop("principal_arn", None) or self._only_saml_provider()
            command = AssumeRoleWithSAMLCommand(
                role_arn=arn, principal_arn=principal, saml_assertion=saml_response, **members
            )
        else:
            command = AssumeRoleCommand(role_arn=arn, role_session_name=session_name, **members)
        return self._attempted(command, arn, caller)

    def assert_can_assume(self, role: Role | str, **how: Any) -> Attempt:
        """Fail with the decision unless `attempt` succeeds; gives the attempt with its credentials."""
        __tracebackhide__ = True
        attempt = self.attempt(role, **how)
        if not attempt:
            raise AssertionError(f"{_arn(role)} cannot be assumed:\n{attempt.why()}")
        return attempt

    def assert_cannot_assume(self, role: Role | str, **how: Any) -> Attempt:
        """Fail with the decision unless policies refuse what `attempt` tries.

        A token that is expired, or of an unknown issuer, proves nothing about a policy: it fails too.
        """
        __tracebackhide__ = True
        attempt = self.attempt(role, **how)
        if attempt:
            raise AssertionError(f"{_arn(role)} can be assumed, which must not be:\n{attempt.why()}")
        if not attempt.decisions:
            raise AssertionError(f"{_arn(role)} was refused before any policy was asked:\n{attempt.why()}")
        return attempt

    def assert_workflow_can_assume(self, role: Role | str, *, repo: str, **job: Any) -> Attempt:
        """Fail with the decision unless this GitHub Actions job may assume the role."""
        __tracebackhide__ = True
        return self.assert_can_assume(role, web_identity_token=self._job_token(role, repo, job))

    def assert_workflow_cannot_assume(self, role: Role | str, *, repo: str, **job: Any) -> Attempt:
        """Fail with the decision if this GitHub Actions job may assume the role."""
        __tracebackhide__ = True
        return self.assert_cannot_assume(role, web_identity_token=self._job_token(role, repo, job))

    def _job_token(self, role: Role | str, repo: str, job: Mapping[str, Any]) -> str:
        return self.github_actions_token(repo=repo, **{"account": _arn(role).split(":")[4], **job})

    def _token(self, url: str, claims: Mapping[str, Any], audience: str, account: str) -> str:
        issuer = self._issuers.get((account, url)) or self.oidc_provider(url, account=account)
        return issuer.token(audience=audience, **{"subject": claims["sub"], **claims})

    def _only_saml_provider(self) -> str:
        if len(self._saml) != 1:
            raise ValueError(f"there are {len(self._saml)} SAML providers; say which with principal_arn=")
        return next(iter(self._saml))

    def _attempted(self, command: Command[Any], arn: str, caller: Any) -> Attempt:
        from understudy.wire import responses

        before = len(self._authorizer.decisions)
        response = self._sent(command, caller)
        try:
            output: Any = responses.parse(command.operation, response)
        except ServiceError as error:
            decisions = tuple(self._authorizer.decisions[before:])
            return Attempt(arn, None, error, decisions, self.requests[-1].get("hint"))
        return Attempt(arn, output.credentials, None, tuple(self._authorizer.decisions[before:]))

    def _sent(self, command: Command[Any], caller: Any) -> Response:
        from understudy.wire import requests

        host = self.url.partition("://")[2]
        request = Request(
            "POST", host, "/", headers=(("content-type", FORM),), body=requests.serialize(command), scheme="http"
        )
        if command.operation.signed:
            request = self._signed(request, caller)
        connection = HTTPConnection(host, timeout=30)
        try:
            connection.request("POST", "/", request.body, dict(request.headers))
            answer = connection.getresponse()
            headers = [(name.lower(), value) for name, value in answer.getheaders()]
            return Response(answer.status, headers, answer.read())
        finally:
            connection.close()

    def _signed(self, request: Request, caller: Any) -> Request:
        from understudy.identity import AWSCredentials
        from understudy.sigv4 import sign

        if caller is None:
            raise ValueError("AssumeRole is signed; say by whom with caller=, or give a token or a SAML response")
        token = getattr(caller, "session_token", None)
        credentials = AWSCredentials(caller.access_key_id, caller.secret_access_key, token)
        return sign(request, credentials, region=self.region, service="sts", now=self.clock.now)

    def __repr__(self) -> str:
        return f"StandIn({self.url!r})"


@contextmanager
def standing_in(*, region: str = REGION, guard: GuardSettings | None = None) -> Iterator[StandIn]:
    """A stand-in on a free loopback port, outside of pytest; the environment points at it until the block ends.

    With `guard` it stands in front of S3 too, by default moto's (the extra ``s3``).
    """
    from understudy.server.run import running

    stage = Stage()
    with running(stage.directory, stage.settings(), guard=guard) as server:
        made = StandIn(server, region=region, stage=stage if guard is not None else None)
        before = environment.applied(made.environment())
        try:
            yield made
        finally:
            environment.applied(before)


def _identity(policies: Sequence[PolicyLike]) -> Policies:
    return Policies(inline={f"policy-{n}": document(each, PolicyKind.IDENTITY) for n, each in enumerate(policies, 1)})


def _seed(serial: str) -> bytes:
    from hashlib import sha1

    return sha1(serial.encode(), usedforsecurity=False).digest()


def _arn(role: Role | str) -> str:
    return role if isinstance(role, str) else role.arn
