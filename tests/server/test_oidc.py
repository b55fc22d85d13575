"""Web identity tokens: every rule and every text of the service, in the order of `understudy.server.oidc`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.errors import ExpiredTokenException, InvalidIdentityTokenException, ServiceError
from understudy.server import named_issuers, oidc, workload_claims
from understudy.server.identity_provider import GITHUB, IdentityProvider
from understudy.server.jwks import ProviderKeys
from understudy.server.signing_keys import SigningKey

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
ISSUER = "https://idp.example.com/tenant"
ROLE = "arn:aws:iam::123456789012:role/Deploy"


class FrozenClock:
    def __init__(self, at: float = EPOCH) -> None:
        self.at = at

    def time(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.at += seconds


class Provider:
    """A provider of the account, as the directory gives it."""

    def __init__(
        self,
        url: str,
        *,
        jwks: str | None = None,
        client_ids: tuple[str, ...] = ("sts.amazonaws.com",),
        thumbprints: tuple[str, ...] = (),
        ca_bundle: str | None = None,
    ) -> None:
        self.url = url
        self.arn = f"arn:aws:iam::123456789012:oidc-provider/{url.partition('://')[2]}"
        self.client_ids = client_ids
        self.thumbprints = thumbprints
        self.jwks = jwks
        self.ca_bundle = ca_bundle


@pytest.fixture(scope="session")
def rsa_key() -> SigningKey:
    return SigningKey.generate("RS256", "rsa-1")


@pytest.fixture(scope="session")
def idp(rsa_key: SigningKey) -> IdentityProvider:
    made = IdentityProvider(ISSUER, clock=FrozenClock())
    made._keys.append(rsa_key)
    return made


@pytest.fixture
def provider(idp: IdentityProvider) -> Provider:
    return Provider(ISSUER, jwks=idp.jwks_text())


def claims(**changes: Any) -> dict[str, Any]:
    usual = {"iss": ISSUER, "sub": "subject-1", "aud": "sts.amazonaws.com", "iat": EPOCH, "exp": EPOCH + 900}
    return {name: value for name, value in {**usual, **changes}.items() if value is not ...}


async def verify(token: str, *providers: Provider) -> oidc.WebIdentity:
    return await oidc.verify_web_identity(token, providers=providers, keys=ProviderKeys(), now=NOW)


async def refusal(token: str, *providers: Provider) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await verify(token, *providers)
    assert caught.value.status == 400
    assert not token or token not in str(caught.value), "a token must not be quoted"
    return caught.value


async def refused(token: str, *providers: Provider) -> str:
    error = await refusal(token, *providers)
    assert isinstance(error, InvalidIdentityTokenException)
    assert error.code == "InvalidIdentityToken"
    return error.message


def segment(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


# Rule 1: shape


@pytest.mark.parametrize(
    "token",
    [
        "",
        "abcd",
        "ya29.a0AfH6SMBx-google-access-token",
        "a.b.c",
        "..",
        f"{segment({'alg': 'RS256'})}.{segment({'iss': 'x'})}.",
        f"{segment([])}.{segment({})}.c2ln",
        f"{segment({'alg': 'RS256'})}.{segment('text')}.c2ln",
        f"{segment({'alg': 'RS256'})}.{segment({})}=.c2ln",
        f"{segment({'alg': 'RS256'})}.{segment({})}\n.c2ln",
        f"{segment({'alg': 'RS256'})}.{segment(b'[' * 10000)}.c2ln",
        f"{segment({'alg': 'RS256'})}.{segment(b'{' + b'9' * 5000 + b'}')}.c2ln",
        f"{segment({'alg': 'RS256'})}.{segment(b'{}')}.c2ln.c2ln.c2ln",
        "\u0660.\u0661.\u0662",
    ],
)
async def test_rule_1_what_is_no_jwt(token: str, provider: Provider) -> None:
    assert await refused(token, provider) == (
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )


async def test_rule_1_a_token_of_more_than_20000_characters(idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(padding="x" * 20_000)), provider) == oidc.NOT_A_JWT


@pytest.mark.parametrize(
    "twice", [b'{"iss":"a","iss":"b"}', b'{"a":{"sub":1,"sub":2}}', b'{"exp":NaN}', b'{"a":"\\ud800"}']
)
async def test_rule_1_json_that_two_readers_may_read_differently(twice: bytes, provider: Provider) -> None:
    token = f"{segment({'alg': 'RS256'})}.{segment(twice)}.c2ln"
    assert await refused(token, provider) == oidc.NOT_A_JWT


async def test_rule_1_a_header_with_a_key_twice(idp: IdentityProvider, provider: Provider) -> None:
    _, body, signature = idp.sign(claims()).split(".")
    twice = segment(b'{"alg":"RS256","alg":"none"}')
    assert await refused(f"{twice}.{body}.{signature}", provider) == oidc.NOT_A_JWT


# Rule 2: header


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "HS256", "HS512", "PS256", "EdDSA", "ES256K", "rs256", None, 1]
)
async def test_rule_2_only_six_algorithms(algorithm: Any, provider: Provider) -> None:
    token = f"{segment({'alg': algorithm})}.{segment(claims())}.c2ln"
    assert await refused(token, provider) == (
        "The web identity token provided could not be validated. "
        "See the AssumeRoleWithWebIdentity documentation for requirements."
    )


@pytest.mark.parametrize(
    "header", [{"crit": ["b64"], "b64": False}, {"crit": []}, {"b64": True}, {"kid": 1}, {"kid": ["rsa-1"]}]
)
async def test_rule_2_extensions_and_odd_key_ids(header: dict[str, Any], provider: Provider) -> None:
    token = f"{segment({'alg': 'RS256', **header})}.{segment(claims())}.c2ln"
    assert await refused(token, provider) == oidc.NOT_VALIDATED


@pytest.mark.parametrize("header", [{}, {"crit": ["exp"], "exp": 1}, {"b64": False}, {"b64": True}])
async def test_rule_2_extensions_are_refused_though_the_signature_holds(
    header: dict[str, Any], provider: Provider, rsa_key: SigningKey
) -> None:
    from joserfc.jws import JWSRegistry

    signing_input = f"{segment({'alg': 'RS256', 'kid': 'rsa-1', **header})}.{segment(claims())}"
    signature = JWSRegistry.algorithms["RS256"].sign(signing_input.encode(), rsa_key._key)
    token = f"{signing_input}.{segment(signature)}"
    if not header:
        assert (await verify(token, provider)).subject == "subject-1"
    else:
        error = await refusal(token, provider)
        assert (error.message, error.hint) == (
            oidc.NOT_VALIDATED,
            "the header asks for extensions that are not supported",
        )


# Rules 3 to 5: claims


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "iat", "exp"])
@pytest.mark.parametrize("missing", [..., None])
async def test_rule_3_required_claims(name: str, missing: Any, idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(**{name: missing})), provider) == f"Missing a required claim: {name}"


@pytest.mark.parametrize("empty", ["", [], [""], ["sts.amazonaws.com", ""]])
async def test_rule_4_an_empty_audience(empty: Any, idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(aud=empty)), provider) == "Claim is not allowed to be empty: aud"


@pytest.mark.parametrize("name", ["iss", "sub"])
async def test_rule_4_the_other_texts_ours(name: str, idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(**{name: ""})), provider) == f"Claim is not allowed to be empty: {name}"


@pytest.mark.parametrize(
    "changes", [{"iss": 1}, {"sub": {}}, {"aud": [1]}, {"aud": {}}, {"azp": 1}, {"sub": "a\x00"}, {"iss": "a\nb"}]
)
async def test_rule_5_texts(changes: dict[str, Any], idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(**changes)), provider) == oidc.NOT_VALIDATED


@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", ["1763812800", True, -1, 1e300, [], {}, 10**400])
async def test_rule_5_timestamps(name: str, value: Any, idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(**{name: value})), provider) == "Invalid timestamp in token claims."


# Rule 6: time


async def test_rule_6_expired(idp: IdentityProvider, provider: Provider) -> None:
    error = await refusal(idp.sign(claims(exp=EPOCH - 300)), provider)
    assert isinstance(error, ExpiredTokenException)
    assert error.code == "ExpiredTokenException"
    assert error.message == (
        f"Token expired: current date/time {EPOCH - 300} must be before the expiration date/time {EPOCH - 300}"
    )


@pytest.mark.parametrize(
    "changes",
    [{"exp": EPOCH - 299}, {"iat": EPOCH + 300}, {"nbf": EPOCH + 300}, {"iat": EPOCH + 0.5, "exp": EPOCH + 9.5}],
)
async def test_rule_6_five_minutes_of_tolerance(
    changes: dict[str, Any], idp: IdentityProvider, provider: Provider
) -> None:
    assert (await verify(idp.sign(claims(**changes)), provider)).subject == "subject-1"


async def test_rule_6_issued_in_the_future(idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(iat=EPOCH + 301)), provider) == f"Token issued in the future: {EPOCH + 301}"


async def test_rule_6_not_yet_valid(idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(nbf=EPOCH + 301)), provider) == f"Token not yet valid: {EPOCH + 301}"


# Rule 7: provider


@pytest.mark.parametrize(
    "issuer",
    [
        f"{ISSUER}/",
        ISSUER.replace("https", "http"),
        ISSUER.upper(),
        "https://idp.example.com",
        "idp.example.com/tenant",
    ],
)
async def test_rule_7_another_issuer(issuer: str, idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(iss=issuer)), provider) == (
        f"No OpenIDConnect provider found in your account for {issuer}"
    )


async def test_rule_7_no_provider_at_all(idp: IdentityProvider) -> None:
    assert await refused(idp.sign(claims())) == f"No OpenIDConnect provider found in your account for {ISSUER}"


# Rule 8: audience


async def test_rule_8_several_audiences_without_a_party(idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(aud=["sts.amazonaws.com", "b"])), provider) == (
        "Token audience contains more than one audience while authorized party is not present"
    )


@pytest.mark.parametrize(
    "changes",
    [{"aud": "other"}, {"azp": "other"}, {"aud": ["a", "sts.amazonaws.com"], "azp": "a"}, {"aud": "STS.amazonaws.com"}],
)
async def test_rule_8_incorrect_audience(changes: dict[str, Any], idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(**changes)), provider) == "Incorrect token audience"


async def test_rule_8_the_party_overrides_the_audience(idp: IdentityProvider, provider: Provider) -> None:
    identity = await verify(idp.sign(claims(aud=["a", "b"], azp="sts.amazonaws.com")), provider)
    assert identity.audience == "sts.amazonaws.com"
    assert identity.context["idp.example.com/tenant:aud"] == "sts.amazonaws.com"


# Rules 9 and 10: key and signature


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
async def test_rule_10_every_algorithm(algorithm: str, rsa_key: SigningKey) -> None:
    key = (
        SigningKey(rsa_key._key, algorithm, "k") if algorithm.startswith("RS") else SigningKey.generate(algorithm, "k")
    )
    idp = IdentityProvider(ISSUER, algorithm=algorithm)
    idp._keys.append(key)
    token = idp.sign(claims())
    provider = Provider(ISSUER, jwks=idp.jwks_text())
    assert (await verify(token, provider)).provider_arn == provider.arn
    head, body, signature = token.split(".")
    for forged in (
        f"{head}.{segment(claims(sub='root'))}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.AAAA",
        f"{segment({'alg': algorithm, 'kid': 'k', 'typ': 'x'})}.{body}.{signature}",
    ):
        assert await refused(forged, provider) == oidc.NOT_VALIDATED


async def test_rule_10_hmac_with_the_public_key_as_secret(
    idp: IdentityProvider, provider: Provider, rsa_key: SigningKey
) -> None:
    signing_input = f"{segment({'alg': 'HS256', 'kid': 'rsa-1'})}.{segment(claims())}"
    secret = rsa_key._key.as_pem(private=False)
    forged = segment(hmac.digest(secret, signing_input.encode(), hashlib.sha256))
    assert await refused(f"{signing_input}.{forged}", provider) == oidc.NOT_VALIDATED


async def test_rule_10_the_key_decides_over_the_algorithm(rsa_key: SigningKey, provider: Provider) -> None:
    """A key published for RS256 does not verify RS512, nor an EC key of another curve."""
    assert await refused(SigningKey(rsa_key._key, "RS512", "rsa-1").sign(claims()), provider) == oidc.NOT_VALIDATED
    other = SigningKey.generate("ES384", "rsa-1")
    assert await refused(other.sign(claims()), provider) == oidc.NOT_VALIDATED


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
async def test_rule_10_keys_inside_the_token_are_ignored(name: str, provider: Provider) -> None:
    attacker = SigningKey.generate("ES256", "evil")
    brought = {"jwk": attacker.public_jwk(), "x5c": ["MIIB"]}.get(name, "https://evil.example/jwks")
    assert await refused(attacker.sign(claims(), {name: brought}), provider) == oidc.NO_KEY
    assert await refused(attacker.sign(claims(), {name: brought, "kid": "rsa-1"}), provider) == oidc.NOT_VALIDATED


@pytest.mark.parametrize("kid", ["", "../../dev/null", "rsa-1' OR '1'='1", "rsa-1\x00", "RSA-1", "a" * 5000])
async def test_rule_9_odd_key_ids_find_nothing(kid: str, idp: IdentityProvider, provider: Provider) -> None:
    assert await refused(idp.sign(claims(), header={"kid": kid}), provider) == oidc.NO_KEY


async def test_rule_9_no_key_id_is_enough_for_one_key_only(idp: IdentityProvider, provider: Provider) -> None:
    token = idp.sign(claims(), header={"kid": None})
    assert (await verify(token, provider)).subject == "subject-1"
    several = {"keys": [*idp.jwks()["keys"], SigningKey.generate("ES256", "b").public_jwk()]}
    assert await refused(token, Provider(ISSUER, jwks=json.dumps(several))) == oidc.NOT_VALIDATED


@pytest.mark.parametrize(
    "jwks",
    [
        "",
        "[]",
        "{}",
        '{"keys": 1}',
        '{"keys": [1, {"kty": "oct", "k": "AAAA", "kid": "rsa-1"}]}',
        json.dumps({"keys": [{"kty": "RSA"}] * 201}),
    ],
)
async def test_rule_9_key_sets_without_use(jwks: str, idp: IdentityProvider) -> None:
    assert await refused(idp.sign(claims()), Provider(ISSUER, jwks=jwks)) == (
        "Couldn't retrieve verification key from your identity provider,  "
        "please reference AssumeRoleWithWebIdentity documentation for requirements"
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"n": "!!"},
        {"n": "", "e": ""},
        {"n": 5},
        {"e": "AA"},
        {"use": "enc"},
        {"alg": "RS512"},
        {"kty": "EC"},
        {"n": "AQAB"},
    ],
)
async def test_rule_10_broken_keys_verify_nothing(
    broken: dict[str, Any], idp: IdentityProvider, rsa_key: SigningKey
) -> None:
    jwks = json.dumps({"keys": [{**rsa_key.public_jwk(), **broken}]})
    assert await refused(idp.sign(claims()), Provider(ISSUER, jwks=jwks)) in (oidc.NOT_VALIDATED, oidc.NO_KEY)


@pytest.mark.filterwarnings("ignore:Key size")
async def test_rule_10_short_rsa_keys_are_not_trusted_ours() -> None:
    from joserfc.jwk import RSAKey

    short = SigningKey(RSAKey.generate_key(1024), "RS256", "short")
    jwks = json.dumps({"keys": [short.public_jwk()]})
    assert await refused(short.sign(claims()), Provider(ISSUER, jwks=jwks)) == oidc.NOT_VALIDATED


# Rule 11 and what is read


TAGS = "https://aws.amazon.com/tags"


@pytest.mark.parametrize(
    "said",
    [
        {TAGS: {"principal_tags": {"Project": ["Automation"], "Cost": ["1"]}, "transitive_tag_keys": ["Project"]}},
        {
            f"{TAGS}/principal_tags/Project": ["Automation"],
            f"{TAGS}/principal_tags/Cost": "1",
            f"{TAGS}/transitive_tag_keys": ["Project"],
        },
    ],
)
async def test_rule_11_tags_nested_or_flattened(
    said: dict[str, Any], idp: IdentityProvider, provider: Provider
) -> None:
    identity = await verify(idp.sign(claims(**said)), provider)
    assert identity.tags == {"Project": "Automation", "Cost": "1"}
    assert identity.transitive_tag_keys == ("Project",)


@pytest.mark.parametrize(
    "said",
    [
        {TAGS: "x"},
        {TAGS: []},
        {TAGS: {"principal_tags": []}},
        {TAGS: {"principal_tags": {"a": []}}},
        {TAGS: {"principal_tags": {"a": ["1", "2"]}}},
        {TAGS: {"principal_tags": {"a": [1]}}},
        {TAGS: {"principal_tags": {"": ["1"]}}},
        {TAGS: {"principal_tags": {"a" * 129: ["1"]}}},
        {TAGS: {"principal_tags": {"a": ["1" * 257]}}},
        {TAGS: {"principal_tags": {"a!": ["1"]}}},
        {TAGS: {"principal_tags": {"aws:a": ["1"]}}},
        {TAGS: {"principal_tags": {"a": ["1"], "A": ["2"]}}},
        {TAGS: {"principal_tags": {f"k{n}": ["1"] for n in range(51)}}},
        {TAGS: {"principal_tags": {"a": ["1"]}, "transitive_tag_keys": "a"}},
        {TAGS: {"principal_tags": {"a": ["1"]}}, f"{TAGS}/principal_tags/a": "2"},
    ],
)
async def test_rule_11_bad_tags(said: dict[str, Any], idp: IdentityProvider, provider: Provider) -> None:
    assert (
        await refused(idp.sign(claims(**said)), provider) == "principal_tags passed in claim is not in correct format."
    )


async def test_rule_11_a_transitive_key_that_is_no_tag(idp: IdentityProvider, provider: Provider) -> None:
    said = {TAGS: {"principal_tags": {"a": ["1"]}, "transitive_tag_keys": ["b"]}}
    assert await refused(idp.sign(claims(**said)), provider) == (
        "The specified transitive tag key must be included in the requested tags."
    )


async def test_rule_11_source_identity(idp: IdentityProvider, provider: Provider) -> None:
    name = "https://aws.amazon.com/source_identity"
    assert (await verify(idp.sign(claims(**{name: "alice"})), provider)).source_identity == "alice"
    for bad in (1, "a", "a" * 65, "aws:x", ["alice"]):
        assert "source_identity" in await refused(idp.sign(claims(**{name: bad})), provider)


@pytest.mark.parametrize("roles", [[ROLE, "arn:aws:iam::1:role/B"], f"{ROLE};arn:aws:iam::1:role/B", f" {ROLE} ;"])
async def test_rule_11_roles_authorise_exact_arns(roles: Any, idp: IdentityProvider, provider: Provider) -> None:
    identity = await verify(idp.sign(claims(**{"https://aws.amazon.com/roles": roles})), provider)
    assert identity.condition_context(ROLE)["sts:RoleAuthorizedByIdp"] == "true"
    assert identity.condition_context(f"{ROLE}s")["sts:RoleAuthorizedByIdp"] == "false"
    assert identity.condition_context("arn:aws:iam::123456789012:role/*")["sts:RoleAuthorizedByIdp"] == "false"


async def test_without_a_roles_claim_the_key_is_absent(idp: IdentityProvider, provider: Provider) -> None:
    assert "sts:RoleAuthorizedByIdp" not in (await verify(idp.sign(claims()), provider)).condition_context(ROLE)


async def test_any_provider_gives_aud_sub_and_amr(idp: IdentityProvider, provider: Provider) -> None:
    identity = await verify(idp.sign(claims(amr=["authenticated", 1, "x"], repository="a/b")), provider)
    assert identity.context == {
        "idp.example.com/tenant:aud": "sts.amazonaws.com",
        "idp.example.com/tenant:sub": "subject-1",
        "idp.example.com/tenant:amr": ("authenticated", "x"),
    }
    assert identity.session_context == identity.context


NAMED = [
    (GITHUB, "repository", "o/r"),
    (f"{GITHUB}/octo-enterprise", "environment", "prod"),
    ("https://token.actions.acme.ghe.com", "job_workflow_ref", "w"),
    ("https://github.com/enterprises/acme", "enterprise_id", "7"),
    ("https://gitlab.com", "ref_protected", "true"),
    ("https://agent.buildkite.com", "pipeline_slug", "p"),
    ("https://agent.acme.buildkite.dev", "cluster_id", "c"),
    ("https://agent.acme.buildkite.site", "build_branch", "b"),
    ("https://oidc.circleci.com/org/1-2", "oidc.circleci.com/project-id", "p"),
    ("https://idcs-abc.identity.oraclecloud.com", "rpst_id", "r"),
]


@pytest.mark.parametrize(("issuer", "claim", "value"), NAMED)
async def test_named_issuers_give_more_keys(issuer: str, claim: str, value: str, rsa_key: SigningKey) -> None:
    provider = Provider(issuer, jwks=json.dumps({"keys": [rsa_key.public_jwk()]}))
    identity = await verify(rsa_key.sign(claims(iss=issuer, **{claim: value}, unlisted="x")), provider)
    key = f"{issuer.removeprefix('https://')}:{claim}"
    assert identity.context[key] == value
    assert key not in identity.session_context
    assert len(identity.context) == 3


@pytest.mark.parametrize(
    ("issuer", "names"),
    [
        (
            "token.actions.githubusercontent.com",
            "actor actor_id enterprise_id environment job_workflow_ref ref repository repository_id repository_owner_id workflow",
        ),
        (
            "gitlab.com",
            "namespace_id pipeline_source project_id ref_protected runner_environment user_access_level user_email user_id user_login",
        ),
        (
            "agent.buildkite.com",
            "build_branch cluster_id cluster_name organization_id organization_slug pipeline_id pipeline_slug",
        ),
        ("other.example.com", ""),
    ],
)
def test_the_list_of_the_service_authorization_reference(issuer: str, names: str) -> None:
    assert set(named_issuers.claims_of(issuer)) == set(names.split())


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "https://cognito-identity.amazonaws.com"])
async def test_built_in_issuers_are_named_by_their_host(issuer: str, rsa_key: SigningKey) -> None:
    provider = Provider(issuer, jwks=json.dumps({"keys": [rsa_key.public_jwk()]}))
    identity = await verify(rsa_key.sign(claims(iss=issuer)), provider)
    assert identity.provider_arn == issuer.removeprefix("https://")


@pytest.mark.parametrize(
    "issuer",
    [
        "https://evil.example/token.actions.githubusercontent.com",
        "https://xtoken.actions.githubusercontent.com",
        "https://gitlab.com.evil.example",
        "https://token.actions.ghe.com",
        "https://agentXbuildkite.com",
    ],
)
async def test_look_alikes_of_named_issuers_give_none(issuer: str, rsa_key: SigningKey) -> None:
    provider = Provider(issuer, jwks=json.dumps({"keys": [rsa_key.public_jwk()]}))
    identity = await verify(
        rsa_key.sign(claims(iss=issuer, repository="o/r", project_id="1", pipeline_id="1")), provider
    )
    assert len(identity.context) == 2


async def test_google_has_its_audience_and_organization(rsa_key: SigningKey) -> None:
    issuer = "https://accounts.google.com"
    provider = Provider(issuer, jwks=json.dumps({"keys": [rsa_key.public_jwk()]}), client_ids=("party",))
    token = rsa_key.sign(claims(iss=issuer, aud="app", azp="party", google={"organization_number": 123}))
    assert (await verify(token, provider)).context == {
        "accounts.google.com:aud": "party",
        "accounts.google.com:oaud": "app",
        "accounts.google.com:sub": "subject-1",
        "accounts.google.com:google/organization_number": "123",
    }


async def test_a_github_actions_token_as_github_shapes_it(rsa_key: SigningKey) -> None:
    provider = Provider(GITHUB, jwks=json.dumps({"keys": [rsa_key.public_jwk()]}))
    said = workload_claims.github_actions(repo="octo/app", ref="refs/heads/main", environment="prod")
    context = (await verify(rsa_key.sign({**claims(iss=GITHUB), **said}), provider)).context
    host = "token.actions.githubusercontent.com"
    assert context[f"{host}:sub"] == "repo:octo/app:environment:prod"
    assert context[f"{host}:ref"] == "refs/heads/main"
    assert {key.rpartition(":")[2] for key in context} == {
        *("aud", "sub", "actor", "actor_id", "environment", "job_workflow_ref", "ref"),
        *("repository", "repository_id", "repository_owner_id", "workflow"),
    }


async def test_the_error_says_more_to_the_log_than_to_the_caller(provider: Provider) -> None:
    token = f"{segment({'alg': 'none'})}.{segment(claims())}.c2ln"
    error = await refusal(token, provider)
    assert error.hint is not None
    assert "none" in error.hint
    assert "none" not in str(error)


# Garbage

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_names = st.sampled_from(
    [
        "iss",
        "sub",
        "aud",
        "azp",
        "iat",
        "exp",
        "nbf",
        "amr",
        TAGS,
        f"{TAGS}/principal_tags/a",
        "https://aws.amazon.com/roles",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(_names, _json, max_size=5))
def test_signed_garbage_raises_nothing_but_service_errors(
    idp: IdentityProvider, provider: Provider, said: dict[str, Any]
) -> None:
    try:
        token = idp.sign({**claims(), **said})
    except UnicodeEncodeError:
        return
    try:
        asyncio.run(verify(token, provider))
    except ServiceError as error:
        error.message.encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80) | st.lists(_json.map(lambda value: segment(value)), min_size=2, max_size=4).map(".".join))
def test_unsigned_garbage_raises_nothing_but_service_errors(provider: Provider, token: str) -> None:
    with pytest.raises(ServiceError):
        asyncio.run(verify(token, provider))
