"""Sections 4, 5, 8 and 9: AssumeRoleWithWebIdentity and AssumeRoleWithSAML from request to session."""

import pytest
from tests.server.stand_in import START, A, B, StandIn, allow, inline, policy, role_arn, trusting

from understudy.directory import Account, OIDCProvider, Role, SAMLProvider
from understudy.server.identity_provider import IdentityProvider

ISSUER = "https://idp.example.com/tenant"
NAME = "idp.example.com/tenant"
PROVIDER = f"arn:aws:iam::{A}:oidc-provider/{NAME}"


class Scene(StandIn):
    """A stand-in with an OIDC provider whose tokens a role trusts."""

    def __init__(self, *more, condition=None, action="sts:*", **options):
        self.identity_provider = IdentityProvider(ISSUER, algorithm="ES256", clock=None)
        statement = trusting({"Federated": PROVIDER}, action, **({"Condition": condition} if condition else {}))
        self.role = Role(
            account=A, name="Web", path="/team/", trust_policy=policy(statement), policies=inline(allow("sts:*"))
        )
        provider = OIDCProvider(
            account=A, url=ISSUER, client_ids=("client-1",), jwks=self.identity_provider.jwks_text()
        )
        super().__init__(self.role, provider, *more, **options)
        self.identity_provider._clock = self.clock

    def token(self, subject="subject-1", audience="client-1", **claims):
        return self.identity_provider.token(subject, audience, **claims)

    def members(self, **more):
        usual = {"RoleArn": self.role.arn, "RoleSessionName": "session", "WebIdentityToken": self.token()}
        return {**usual, **more}

    def web(self, **more):
        return self.call(None, "AssumeRoleWithWebIdentity", **self.members(**more))

    def refused_web(self, **more):
        return self.refused(None, "AssumeRoleWithWebIdentity", **self.members(**more))


def test_section_8_the_answer():
    scene = Scene()
    output = scene.web()
    assert output.subject_from_web_identity_token == "subject-1"
    assert (output.audience, output.provider) == ("client-1", PROVIDER)
    assert output.assumed_role_user.arn == f"arn:aws:sts::{A}:assumed-role/Web/session"
    assert scene.call(output.credentials, "GetCallerIdentity").arn == output.assumed_role_user.arn


def test_section_8_the_expiry_of_the_token_does_not_cap_the_session():
    scene = Scene()
    output = scene.web(WebIdentityToken=scene.token(lifetime=60))
    assert (output.credentials.expiration - START).total_seconds() == 3600


@pytest.mark.parametrize("change", [{"RoleArn": role_arn("Nobody", A)}, {"WebIdentityToken": "other subject"}])
def test_section_4_refused_with_the_same_words_for_an_unknown_role(change):
    scene = Scene(condition={"StringEquals": {f"{NAME}:sub": "subject-1"}})
    if "WebIdentityToken" in change:
        change = {"WebIdentityToken": scene.token("subject-2")}
    error = scene.refused_web(**change)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {f"{NAME}:aud": "client-1", f"{NAME}:sub": "subject-1"}},
        {"StringEquals": {"aws:PrincipalType": "User", "aws:userid": PROVIDER}},
        {"Null": {"aws:PrincipalArn": "true"}},
        {"StringEquals": {"aws:FederatedProvider": PROVIDER}},
        {"StringEquals": {"sts:RoleSessionName": "session"}},
    ],
)
def test_section_8_the_context_of_the_trust_policy(condition):
    assert Scene(condition=condition).web()


def test_section_8_an_aws_star_does_not_authorise_federated_callers():
    scene = Scene()
    scene.replace(scene.role, trust_policy=policy(trusting({"AWS": "*"})))
    assert scene.refused_web().code == "AccessDenied"


def test_section_8_tags_and_source_identity_of_the_token():
    tags = {"principal_tags": {"team": ["storage"]}, "transitive_tag_keys": ["team"]}
    claims = {"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "me"}
    scene = Scene()
    output = scene.web(WebIdentityToken=scene.token(**claims))
    assert output.source_identity == "me"
    assert output.packed_policy_size >= 1
    bare = Scene(action="sts:AssumeRoleWithWebIdentity")
    error = bare.refused_web(WebIdentityToken=bare.token(**claims))
    assert error.message == "Not authorized to perform sts:TagSession"


def test_section_8_the_session_keeps_aud_sub_and_amr():
    scene = Scene()
    session = scene.web(WebIdentityToken=scene.token(amr=["mfa", "pwd"])).credentials
    condition = {
        "StringEquals": {f"{NAME}:aud": "client-1", f"{NAME}:sub": "subject-1"},
        "ForAnyValue:StringEquals": {f"{NAME}:amr": "mfa"},
    }
    target = Role(account=A, name="Target", trust_policy=policy(trusting({"AWS": scene.role.arn}, Condition=condition)))
    scene.directory.put(target)
    assert scene.assume(session, target)


def test_section_8_an_expired_token():
    scene = Scene()
    token = scene.token(lifetime=60)
    scene.clock.now += 361
    error = scene.refused_web(WebIdentityToken=token)
    now, expires = int(scene.clock.now) - 300, int(START.timestamp()) + 60
    assert (error.code, error.status) == ("ExpiredTokenException", 400)
    assert error.message == (
        f"Token expired: current date/time {now} must be before the expiration date/time {expires}"
    )


def test_section_8_no_provider():
    scene = Scene()
    error = scene.refused_web(RoleArn=role_arn("Web", B))
    assert (error.code, error.message) == (
        "InvalidIdentityToken",
        f"No OpenIDConnect provider found in your account for {ISSUER}",
    )


@pytest.mark.parametrize(
    ("provider_id", "message"),
    [
        ("www.amazon.com", "Provided Token is not a Login With Amazon token"),
        ("graph.facebook.com", "Unknown error validating third-party token"),
    ],
)
def test_section_8_provider_ids(provider_id, message):
    error = Scene().refused_web(ProviderId=provider_id)
    assert (error.code, error.message) == ("InvalidIdentityToken", message)


def test_section_3_no_signature_is_needed_and_a_wrong_one_does_not_matter():
    scene = Scene()
    scene.headers = (("authorization", "AWS4-HMAC-SHA256 rubbish"),)
    assert scene.web()


def test_section_5_durations_of_web_identity_sessions():
    scene = Scene()
    assert (scene.web(DurationSeconds=900).credentials.expiration - START).total_seconds() == 900
    assert scene.refused_web(DurationSeconds=3601).message == (
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    )


def test_a_region_that_is_off_for_the_roles_account():
    scene = Scene()
    scene.directory.put(Account(account_id=A, disabled_regions=frozenset({"us-east-1"})))
    assert scene.refused_web().code == "RegionDisabledException"


def test_the_denial_is_for_the_roles_account_to_decode():
    from tests.server.stand_in import ALICE

    scene = Scene(condition={"StringEquals": {f"{NAME}:sub": "nobody"}})
    response = scene.send(scene.request("AssumeRoleWithWebIdentity", scene.members()))
    message = response.header("x-understudy-authorization-message")
    assert "subject-1" in scene.call(ALICE, "DecodeAuthorizationMessage", EncodedMessage=message).decoded_message


# SAML

SAML_PROVIDER = f"arn:aws:iam::{A}:saml-provider/corporate"


@pytest.fixture
def saml():
    from understudy.server.saml_provider import SAMLIdentityProvider

    identity_provider = SAMLIdentityProvider()
    role = Role(
        account=A,
        name="Corporate",
        trust_policy=policy(
            trusting(
                {"Federated": SAML_PROVIDER},
                Condition={"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}},
            )
        ),
        max_session_duration=43_200,
        policies=inline(allow("sts:*")),
    )
    provider = SAMLProvider(account=A, name="corporate", metadata=identity_provider.metadata())
    scene = StandIn(role, provider)
    identity_provider._clock = scene.clock
    scene.role, scene.identity_provider = role, identity_provider
    return scene


def saml_members(scene, response=None, **more):
    assertion = response or scene.identity_provider.response(role_arn=scene.role.arn, provider_arn=SAML_PROVIDER)
    return {"RoleArn": scene.role.arn, "PrincipalArn": SAML_PROVIDER, "SAMLAssertion": assertion, **more}


def test_section_9_assume_role_with_saml(saml):
    output = saml.call(None, "AssumeRoleWithSAML", **saml_members(saml))
    assert output.issuer == saml.identity_provider.entity_id
    assert output.audience == "https://signin.aws.amazon.com/saml"
    assert saml.call(output.credentials, "GetCallerIdentity").arn == output.assumed_role_user.arn


def test_section_9_an_unknown_provider(saml):
    other = f"arn:aws:iam::{A}:saml-provider/other"
    error = saml.refused(None, "AssumeRoleWithSAML", **saml_members(saml, PrincipalArn=other))
    assert error.code == "InvalidIdentityToken"
    assert error.message.startswith("Specified provider doesn't exist")


def test_section_4_saml_refused(saml):
    saml.replace(saml.role, trust_policy=policy(trusting({"AWS": "*"})))
    error = saml.refused(None, "AssumeRoleWithSAML", **saml_members(saml))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == "Not authorized to perform sts:AssumeRoleWithSAML"


def test_section_9_rubbish(saml):
    error = saml.refused(None, "AssumeRoleWithSAML", **saml_members(saml, "rubbish!"))
    assert error.code == "InvalidIdentityToken"
    assert error.message.startswith("Invalid base64 SAMLResponse")


@pytest.mark.parametrize(
    ("given", "asked", "seconds"),
    [
        ({}, None, 3600),
        ({}, 7200, 7200),
        ({"session_lifetime": 600}, None, 600),
        ({"session_duration": 1800}, None, 1800),
        ({"session_duration": 7200}, None, 3600),
        ({"session_duration": 7200}, 10_800, 7200),
    ],
)
def test_section_5_durations_of_saml_sessions(saml, given, asked, seconds):
    response = saml.identity_provider.response(role_arn=saml.role.arn, provider_arn=SAML_PROVIDER, **given)
    members = saml_members(saml, response, **({"DurationSeconds": asked} if asked else {}))
    output = saml.call(None, "AssumeRoleWithSAML", **members)
    assert (output.credentials.expiration - START).total_seconds() == seconds


def test_saml_tags_and_source_identity(saml):
    response = saml.identity_provider.response(
        role_arn=saml.role.arn, provider_arn=SAML_PROVIDER, tags={"team": "storage"}, source_identity="me"
    )
    output = saml.call(None, "AssumeRoleWithSAML", **saml_members(saml, response))
    assert output.source_identity == "me"
    assert output.packed_policy_size >= 1
