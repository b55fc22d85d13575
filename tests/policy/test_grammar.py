"""What each kind of policy may say: the fault, its place, and the service's text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.policy import PolicyError, PolicyKind, parse_policy
from understudy.policy.problems import INVALID_JSON, LONGEST_DOCUMENT

ROLE_ARN = "arn:aws:iam::111122223333:role/Build"
GOOD: dict[PolicyKind, dict[str, Any]] = {
    **{
        kind: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        for kind in (PolicyKind.IDENTITY, PolicyKind.SESSION, PolicyKind.BOUNDARY, PolicyKind.SCP)
    },
    PolicyKind.TRUST: {"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": "sts:AssumeRole"},
    PolicyKind.RESOURCE: {"Effect": "Deny", "NotPrincipal": {"AWS": ROLE_ARN}, "Action": "s3:*", "Resource": "*"},
    PolicyKind.RCP: {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
}


def refused(kind: PolicyKind, **changes: Any) -> PolicyError:
    statement = {**GOOD[kind], **changes}
    statement = {key: value for key, value in statement.items() if value is not None}
    with pytest.raises(PolicyError) as caught:
        parse_policy({"Version": "2012-10-17", "Statement": [statement]}, kind)
    return caught.value


@pytest.mark.parametrize("kind", PolicyKind)
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17", None])
def test_both_versions_and_none_are_read(kind: PolicyKind, version: str | None) -> None:
    document = {"Statement": GOOD[kind], **({"Version": version} if version else {})}
    for source in (document, json.dumps(document)):
        assert len(parse_policy(source, kind).statements) == 1


@pytest.mark.parametrize("kind", PolicyKind)
def test_single_values_and_lists_are_the_same(kind: PolicyKind) -> None:
    listed = {key: [value] if key in ("Action", "Resource") else value for key, value in GOOD[kind].items()}
    assert len(parse_policy({"Statement": [listed, listed]}, kind).statements) == 2


@pytest.mark.parametrize(
    ("changes", "path", "service_text"),
    [
        ({"Effect": None}, "", "Missing required field Effect"),
        ({"Effect": "allow"}, ".Effect", "Invalid effect: allow"),
        ({"Principal": {"AWS": "*"}}, ".Principal", "Policy document should not specify a principal."),
        ({"Action": None}, "", "Policy statement must contain actions."),
        ({"Action": []}, "", "Policy statement must contain actions."),
        ({"Resource": None}, "", "Policy statement must contain resources."),
        ({"Resource": "bucket"}, ".Resource", 'Resource bucket must be in ARN format or "*".'),
        (
            {"Action": "GetObject"},
            ".Action",
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        ({"Action": "sts:AssumeRoles"}, ".Action", "Syntax errors in policy."),
        ({"NotAction": "s3:*"}, "", "Syntax errors in policy."),
        ({"NotResource": "*"}, "", "Syntax errors in policy."),
        ({"Conditions": {}}, ".Conditions", "Syntax errors in policy."),
        (
            {"Sid": "not-alnum"},
            ".Sid",
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ),
        (
            {"Condition": {"StringEqual": {"aws:x": "a"}}},
            ".Condition.StringEqual",
            "Invalid Condition type : StringEqual",
        ),
        (
            {"Condition": {"StringEquals": {"x": "a"}}},
            ".Condition.StringEquals.x",
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        ({"Condition": {"StringEquals": {"aws:x": {}}}}, ".Condition.StringEquals.aws:x", "Syntax errors in policy."),
        ({"Condition": []}, ".Condition", "Syntax errors in policy."),
        ({"Action": ["s3:*", 7]}, ".Action[1]", "Syntax errors in policy."),
    ],
)
def test_an_identity_policy_is_refused(changes: dict[str, Any], path: str, service_text: str) -> None:
    error = refused(PolicyKind.IDENTITY, **changes)
    assert [(problem.json_path, problem.service_text) for problem in error.problems] == [
        (f"$.Statement[0]{path}", service_text)
    ]


@pytest.mark.parametrize(
    ("changes", "service_text"),
    [
        ({"Resource": "*"}, "Has prohibited field Resource."),
        ({"NotResource": "*"}, "AssumeRole policy must not contain resources."),
        ({"Action": "s3:GetObject"}, "AssumeRole policy may only specify STS AssumeRole actions."),
        ({"Action": "*"}, "AssumeRole policy may only specify STS AssumeRole actions."),
        ({"Action": "sts:GetFederationToken"}, "AssumeRole policy may only specify STS AssumeRole actions."),
        ({"Action": None}, "Missing required field Action"),
        ({"Principal": None}, "Missing required field Principal"),
        ({"Principal": {}}, "Missing required field Principal cannot be empty!"),
        ({"Principal": "*"}, 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
        (
            {"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}},
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*"',
        ),
        ({"Principal": {"AWS": "alice"}}, 'Invalid principal in policy: "AWS":"alice"'),
        (
            {"Principal": {"AWS": "arn:aws:iam::111122223333:group/g"}},
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/g"',
        ),
        ({"Principal": {"Service": "ec2"}}, 'Invalid principal in policy: "SERVICE":"ec2"'),
        ({"Principal": {"CanonicalUser": "a" * 64}}, 'Invalid principal in policy: "CanonicalUser"'),
        (
            {"Principal": {"Federated": "not a provider"}},
            "Federated principals must be valid domain names or SAML metadata ARNs",
        ),
        ({"Principal": None, "NotPrincipal": {"AWS": ROLE_ARN}}, "Allow with NotPrincipal is not allowed."),
        (
            {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": ROLE_ARN}},
            "AssumeRole policy must not contain NotPrincipal field.",
        ),
    ],
)
def test_a_trust_policy_is_refused(changes: dict[str, Any], service_text: str) -> None:
    assert refused(PolicyKind.TRUST, **changes).service_text == service_text


@pytest.mark.parametrize(
    "action",
    ["sts:AssumeRole", "sts:assumerolewithsaml", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext", "sts:*"],
)
def test_what_a_trust_policy_may_speak_of(action: str) -> None:
    parse_policy({"Statement": {**GOOD[PolicyKind.TRUST], "Action": action}}, PolicyKind.TRUST)


@pytest.mark.parametrize(
    "principal",
    [
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "arn:aws:iam::111122223333:saml-provider/Idp",
        "arn:aws:iam::111122223333:oidc-provider/gitlab.example.com/group",
    ],
)
def test_federated_principals_are_domains_or_provider_arns(principal: str) -> None:
    parse_policy({"Statement": {**GOOD[PolicyKind.TRUST], "Principal": {"Federated": principal}}}, PolicyKind.TRUST)


@pytest.mark.parametrize(
    "condition",
    [
        {"NumericEquals": {"aws:x": "one"}},
        {"DateLessThan": {"aws:x": "soon"}},
        {"IpAddress": {"aws:x": "300.1.1.1"}},
        {"IpAddress": {"aws:x": "2001:db8::1/32"}},
        {"ArnLike": {"aws:x": "role/x"}},
        {"Bool": {"aws:x": "maybe"}},
        {"BinaryEquals": {"aws:x": "%"}},
    ],
)
def test_only_a_session_policy_may_carry_malformed_literals(condition: dict[str, Any]) -> None:
    """STS accepts them inside session policies, IAM's own writes reject them."""
    for kind in PolicyKind:
        if kind is PolicyKind.SESSION:
            parse_policy({"Statement": {**GOOD[kind], "Condition": condition}}, kind)
        else:
            assert "is not a value for" in refused(kind, Condition=condition).problems[0].text


def test_only_a_session_policy_may_carry_unknown_actions_and_other_resources() -> None:
    odd = {"Effect": "Allow", "Action": "sts:Anything", "Resource": "bucket"}
    parse_policy({"Statement": odd}, PolicyKind.SESSION)
    with pytest.raises(PolicyError):
        parse_policy({"Statement": odd}, PolicyKind.IDENTITY)


def test_a_resource_control_policy_is_about_everybody() -> None:
    assert "must be '*'" in refused(PolicyKind.RCP, Principal={"AWS": "111122223333"}).problems[0].text


def test_statement_ids_are_unique() -> None:
    twice = {**GOOD[PolicyKind.IDENTITY], "Sid": "A"}
    with pytest.raises(PolicyError) as caught:
        parse_policy({"Statement": [twice, twice]}, PolicyKind.IDENTITY)
    assert caught.value.problems[0].json_path == "$.Statement[1].Sid"


@pytest.mark.parametrize(
    ("document", "path", "text"),
    [
        ({"Statement": []}, "$.Statement", "Could not parse the policy: Statement is empty!"),
        (
            {"Version": "2012-10-18", "Statement": GOOD[PolicyKind.IDENTITY]},
            "$.Version",
            "The policy must contain a valid version string",
        ),
        ({"Statement": GOOD[PolicyKind.IDENTITY], "Comment": ""}, "$.Comment", "Syntax errors in policy."),
        ({"Statement": ["x"]}, "$.Statement[0]", "Syntax errors in policy."),
        ([], "$", "Syntax errors in policy."),
    ],
)
def test_a_document_is_refused_as_a_whole(document: Any, path: str, text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(json.dumps(document), PolicyKind.IDENTITY)
    assert (caught.value.problems[0].json_path, caught.value.service_text) == (path, text)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"Version": "2012-10-17",\n "Statement": [}', 2, 16),
        ('{"Statement": [],\n  "Statement": []}', 2, 3),
        ('{"Statement": [{"Effect": "Allow",\n"Effect": "Deny"}]}', 2, 1),
        ("", 1, 1),
        ('{"a": NaN}', 1, 1),
        ("[" * 5_000, None, None),
        ('{"a": "' + "x" * LONGEST_DOCUMENT + '"}', None, None),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, line: int | None, column: int | None) -> None:
    """Duplicate keys are refused; so is a text too deep or too long to be a policy."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, PolicyKind.IDENTITY, name="broken")
    (problem,) = caught.value.problems
    assert problem.service_text == INVALID_JSON
    if line is not None:
        assert (problem.line, problem.column) == (line, column)
    assert "'broken'" in str(caught.value)


def test_every_fault_is_named_with_its_line_and_column() -> None:
    text = '{\n  "Statement": [{\n    "Effect": "Alow",\n    "Action": ["s3:*", "Get"],\n    "Resource": "*"\n  }]\n}'
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, PolicyKind.IDENTITY)
    assert [(each.line, each.column, each.json_path) for each in caught.value.problems] == [
        (3, 15, "$.Statement[0].Effect"),
        (4, 24, "$.Statement[0].Action[1]"),
    ]


def test_a_policy_error_survives_pickling() -> None:
    import pickle

    error = refused(PolicyKind.IDENTITY, Effect="No")
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
