"""A directory written by hand: what it may say, and complaints that name file, line, value and fix."""

from json import loads as read_json
from textwrap import dedent

import pytest

from understudy.directory import DirectoryError, identifiers
from understudy.directory.yaml_file import SAMPLE, load, loads

A = "123456789012"


def account(text):
    indented = dedent(text).replace("\n", "\n    ")
    return loads(f'accounts:\n  "{A}":\n    {indented}\n', "directory.yaml")


def complaint(text):
    with pytest.raises(DirectoryError) as caught:
        loads(dedent(text), "directory.yaml")
    return str(caught.value), caught.value.hint


def account_complaint(text):
    with pytest.raises(DirectoryError) as caught:
        account(text)
    return str(caught.value), caught.value.hint


def test_the_sample():
    directory = load(SAMPLE)
    alice = directory.user(f"arn:aws:iam::{A}:user/alice")
    assert [key.access_key_id for key in alice.access_keys] == ["AKIARZPUZDIKAEXAMPLE"]
    assert directory.mfa_device(f"arn:aws:iam::{A}:mfa/alice").user == alice
    assert directory.role("arn:aws:iam::987654321098:role/CrossAccountRole").max_session_duration == 43_200
    for owner in ("alice", "bob"):
        (key,) = directory.user(f"arn:aws:iam::{A}:user/{owner}").access_keys
        assert identifiers.account_of_key(key.access_key_id) == A


def test_what_is_not_given_follows_from_the_names_and_is_always_the_same():
    one, other = (account("users:\n  alice:\n    access_keys: [{}]").user(f"arn:aws:iam::{A}:user/alice") for _ in "ab")
    assert one == other
    (key,) = one.access_keys
    assert identifiers.account_of_key(key.access_key_id) == A
    assert len(key.secret_access_key) == 40


def test_everything_that_an_account_may_have(tmp_path):
    (tmp_path / "keys.json").write_text('{"keys":[]}')
    (tmp_path / "metadata.xml").write_text("<md/>")
    path = tmp_path / "directory.yaml"
    path.write_text(
        dedent(
            """
            accounts:
              "012345678901":
                name: old
                partition: aws-us-gov
                disabled_regions: [ap-east-1]
                outbound_web_identity_federation: true
                root:
                  access_keys: [{active: false}]
                  mfa_devices: [{serial_number: GAHT12345678, seed: jbsw y3dp ehpk 3pxp}]
                groups:
                  readers:
                    managed_policies: [arn:aws-us-gov:iam::012345678901:policy/team/Read]
                users:
                  carol:
                    path: /team/
                    groups: readers
                    tags: {team: a}
                    permissions_boundary: arn:aws-us-gov:iam::012345678901:policy/team/Read
                    unique_id: AIDACKCEVSQ6C2EXAMPLE
                roles:
                  Reader:
                    trust_policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
                managed_policies:
                  team/Read:
                    versions:
                      v1: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}
                      v2: {Version: 2012-10-17, Statement: {Effect: Deny, Action: "s3:*", Resource: "*"}}
                oidc_providers:
                  https://idp.example:
                    client_ids: one
                    jwks_file: keys.json
                saml_providers:
                  corporate:
                    metadata_file: metadata.xml
            organization:
              id: o-1
              management_account: "012345678901"
              units:
                r-1:
                  accounts: ["012345678901"]
                  service_control_policies:
                    - {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}
              account_policies:
                "012345678901": []
            """
        )
    )
    directory = load(path)
    found = directory.account("012345678901")
    assert (found.partition, found.outbound_web_identity_federation) == ("aws-us-gov", True)
    assert found.disabled_regions == {"ap-east-1"}
    assert not found.root_access_keys[0].active
    carol = directory.user("arn:aws-us-gov:iam::012345678901:user/team/carol")
    assert (carol.groups, carol.unique_id) == (("readers",), "AIDACKCEVSQ6C2EXAMPLE")
    policy = directory.managed_policy("arn:aws-us-gov:iam::012345678901:policy/team/Read")
    assert policy.default_version == "v2"
    assert read_json(policy.document)["Version"] == "2012-10-17"
    assert directory.oidc_providers("012345678901")[0].jwks == '{"keys":[]}'
    assert directory.saml_provider("arn:aws-us-gov:iam::012345678901:saml-provider/corporate").metadata == "<md/>"
    assert directory.organization("012345678901").organization_id == "o-1"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "directory.yaml is empty"),
        ("accounts: [", "this is not YAML"),
        ("other: 1", "the key 'other' is not known"),
        ("- 1", "must be a mapping"),
        ("organization: {id: o-1, management_account: '1'}", "there are no accounts"),
        ("accounts: {12: {}}", "'12' is not an account id; it must be twelve digits in quotes"),
    ],
)
def test_complaints_about_the_file(text, part):
    assert part in complaint(text)[0]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("user: {}", 3, "the key 'user' is not known; did you mean 'users'?"),
        ("name: a\nname: b", 4, "'name' is given twice"),
        ("users: [alice]", 3, "must be a mapping"),
        ("users:\n  'a b': {}", 4, "'a b' is not a name"),
        ("users:\n  alice:\n    path: team", 5, "the path 'team' must start and end with a slash"),
        ("users:\n  alice:\n    access_keys:\n      - id: short", 6, "'short' is not an access key id"),
        ("users:\n  alice:\n    access_keys:\n      - id: ASIAQNZGKIQY56JQ7WML", 6, "is a temporary key's id"),
        ("users:\n  alice:\n    access_keys:\n      - id: AKIAQNZGKIQY56JQ7WML", 6, "carries account 029608264753"),
        ("users:\n  alice:\n    access_keys:\n      - active: maybe", 6, "'maybe' must be true or false"),
        ("users:\n  alice:\n    mfa_devices:\n      - seed: JBSWY3DP", 6, "needs 'serial_number'"),
        ("users:\n  alice:\n    mfa_devices:\n      - {serial_number: x, seed: '018'}", 6, "the seed is not base32"),
        ("users:\n  alice:\n    mfa_devices:\n      - {serial_number: x, seed: JBSWY3DP}", 6, "the seed has 5 bytes"),
        ("users:\n  alice:\n    tags: {a: 1, A: 2}", 5, "two tag keys differ only by case"),
        ("users:\n  alice:\n    unique_id: AROA1234567890123456X", 5, "must start with 'AIDA'"),
        ("roles:\n  Reader: {}", 4, "the role 'Reader' trusts nobody"),
        ("roles:\n  Reader:\n    trust_policy: {}", 5, "this is not a policy of this kind"),
        ("roles:\n  Reader:\n    trust_policy: '{'", 5, "this is not a policy of this kind"),
        ("users:\n  alice:\n    policies:\n      p: {Statement: 1}", 6, "this is not a policy of this kind"),
        ("managed_policies:\n  p: {}", 4, "has no version"),
        ("oidc_providers:\n  idp.example: {}", 4, "it must start with 'https://'"),
        ("saml_providers:\n  s: {}", 4, "needs 'metadata:'"),
        ("saml_providers:\n  s: {metadata_file: nowhere.xml}", 4, "cannot read"),
        ("users:\n  a: {access_keys: [{id: AKIARZPUZDIKAEXAMPLE}]}\n  b: {access_keys: [{id: AKIARZPUZDIKAEXAMPLE}]}", 5, "has another owner already"),
    ],
)  # fmt: skip
def test_complaints_name_the_line_and_the_value(text, line, part):
    message, _ = account_complaint(text)
    assert message.startswith(f"directory.yaml:{line}: ")
    assert part in message


@pytest.mark.parametrize("duration", ["3599", "43201", "an hour", "1e4", "-1"])
def test_a_duration_that_no_role_can_have(duration):
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    )
    message, _ = account_complaint(f"roles:\n  R:\n    trust_policy: '{trust}'\n    max_session_duration: {duration}")
    assert "must be a whole number from 3600 to 43200" in message


def test_an_unknown_key_hints_at_those_that_are_known():
    _, hint = account_complaint("user: {}")
    assert "users" in hint


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DirectoryError, match="cannot read the directory"):
        load(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xff")
    with pytest.raises(DirectoryError, match="is not UTF-8"):
        load(tmp_path / "latin.yaml")


@pytest.mark.parametrize(
    "text", ["a: *b", "a: !!python/object:os.system {}", "&a [*a]", "\t", "{" * 3000, "a: &a [*a]"]
)
def test_hostile_yaml_is_refused(text):
    with pytest.raises(DirectoryError):
        loads(text, "directory.yaml")
