from json import dumps

import pytest

from understudy.directory import (
    AccessKey,
    Account,
    ManagedPolicy,
    MemoryDirectory,
    MFADevice,
    OIDCProvider,
    Organization,
    OrganizationalUnit,
    Policies,
    Role,
    User,
)


def trust(principal):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = trust("arn:aws:iam::123456789012:root")
ACCOUNT = Account(account_id="123456789012")
KEY = AccessKey(access_key_id="AKIARZPUZDIKGB2VALC4", secret_access_key="s" * 40)
DEVICE = MFADevice(serial_number="arn:aws:iam::123456789012:mfa/alice", seed=b"12345678901234567890")
ALICE = User(account="123456789012", name="alice", access_keys=(KEY,), mfa_devices=(DEVICE,))
READER = Role(account="123456789012", name="Reader", trust_policy=TRUST)


def made(*more):
    return MemoryDirectory([ACCOUNT, ALICE, READER, *more])


def test_everything_is_found_by_every_index():
    directory = made()
    assert directory.user(ALICE.arn) == directory.user_by_id(ALICE.unique_id) == ALICE
    assert directory.role(READER.arn) == directory.role_by_id(READER.unique_id) == READER
    assert directory.access_key(KEY.access_key_id).user == ALICE
    assert directory.mfa_device(DEVICE.serial_number).user == ALICE


def test_arns_carry_the_path_and_the_partition():
    role = Role(account="123456789012", name="Reader", path="/team/a/", partition="aws-cn", trust_policy=TRUST)
    assert role.arn == "arn:aws-cn:iam::123456789012:role/team/a/Reader"


def test_every_change_makes_another_revision():
    directory = made()
    before = directory.revision
    directory.remove(READER)
    assert directory.revision != before


def test_a_role_made_again_has_another_unique_id():
    directory = made()
    directory.remove(READER)
    assert directory.role_by_id(READER.unique_id) is None
    directory.put(READER)
    assert directory.role(READER.arn).unique_id != READER.unique_id
    assert directory.role_by_id(READER.unique_id) is None


def test_a_removed_principal_stays_the_one_that_it_was_in_trust_policies():
    trusting = Role(account="123456789012", name="Trusting", trust_policy=trust(ALICE.arn))
    directory = made(trusting)
    directory.remove(ALICE)
    directory.put(ALICE)
    assert directory.role(trusting.arn).departed == {ALICE.arn: ALICE.unique_id}
    directory.put(trusting)
    assert directory.role(trusting.arn).departed == {}


def test_removing_a_user_takes_its_keys_and_devices():
    directory = made()
    directory.remove(ALICE)
    assert directory.access_key(KEY.access_key_id) is None
    assert directory.mfa_device(DEVICE.serial_number) is None


def test_replacing_a_user_takes_keys_that_it_no_longer_has():
    directory = made()
    directory.put(User(account="123456789012", name="alice"))
    assert directory.access_key(KEY.access_key_id) is None


@pytest.mark.parametrize(
    "bob",
    [
        User(account="123456789012", name="bob", access_keys=(KEY,)),
        User(account="123456789012", name="bob", mfa_devices=(DEVICE,)),
        User(account="123456789012", name="bob", unique_id=ALICE.unique_id),
    ],
)
def test_what_is_somebody_elses_is_refused_and_nothing_changes(bob):
    directory = made()
    with pytest.raises(ValueError, match="already"):
        directory.put(bob)
    assert directory.user(bob.arn) is None
    assert directory.access_key(KEY.access_key_id).user == ALICE


def test_an_entity_of_an_unknown_account_is_refused():
    with pytest.raises(ValueError, match="not in the directory"):
        MemoryDirectory([ALICE])


def test_oidc_providers_are_found_by_account():
    provider = OIDCProvider(account="123456789012", url="https://idp.example/a")
    directory = made(provider)
    assert provider.arn == "arn:aws:iam::123456789012:oidc-provider/idp.example/a"
    assert list(directory.oidc_providers("123456789012")) == [provider]
    directory.put(provider)
    assert list(directory.oidc_providers("123456789012")) == [provider]
    directory.remove(provider)
    assert directory.oidc_provider(provider.arn) is None


def test_units_above_an_account_go_from_the_root_down():
    root = OrganizationalUnit(path="r-1")
    inner = OrganizationalUnit(path="r-1/ou-a", accounts=("123456789012",))
    other = OrganizationalUnit(path="r-1/ou-ab")
    organization = Organization(organization_id="o-1", management_account="111111111111", units=(inner, other, root))
    assert organization.units_above("123456789012") == (root, inner)
    directory = made(organization)
    assert directory.organization("123456789012") is organization
    directory.remove(organization)
    assert directory.organization("123456789012") is None


def test_secrets_do_not_show():
    assert "s" * 40 not in repr(ALICE)
    assert "1234567890123" not in repr(DEVICE)


def test_tags_that_differ_only_by_case_are_refused():
    with pytest.raises(ValueError, match="differ only by case"):
        made().put(User(account="123456789012", name="other", tags={"a": "1", "A": "2"}))


@pytest.mark.parametrize(
    "entity",
    [
        Role(account="123456789012", name="Other", trust_policy="{}"),
        Role(account="123456789012", name="Other", trust_policy=TRUST, policies=Policies(inline={"p": "["})),
        ManagedPolicy(arn="arn:aws:iam::123456789012:policy/p", versions={"v1": TRUST}),
        Organization(organization_id="o-1", management_account="123456789012", account_policies={"1": ("x",)}),
        Organization(
            organization_id="o-1",
            management_account="123456789012",
            units=(OrganizationalUnit(path="r-1", service_control_policies=("x",)),),
        ),
    ],
)
def test_a_document_that_is_not_a_policy_of_its_kind_is_refused(entity):
    with pytest.raises(ValueError, match="malformed"):
        made().put(entity)
