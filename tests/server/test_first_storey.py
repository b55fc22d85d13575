"""The first way through the stand-in: who am I, assume a role, who am I now."""

from tests.server.stand_in import ALICE, BOB, CROSS, B, StandIn

from understudy.directory import identifiers


def test_get_caller_identity_of_a_user():
    output = StandIn().call(ALICE, "GetCallerIdentity")
    assert (output.arn, output.account, output.user_id) == (ALICE.arn, ALICE.account, ALICE.unique_id)


def test_assume_role_and_who_am_i_now():
    stand_in = StandIn()
    credentials = stand_in.assume(ALICE, session="my-app-session")
    output = stand_in.call(credentials, "GetCallerIdentity")
    assert output.arn == f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/my-app-session"
    assert output.user_id == f"{CROSS.unique_id}:my-app-session"
    assert identifiers.account_of_key(credentials.access_key_id) == B


def test_section_4_assume_role_refused():
    error = StandIn().refused(BOB, "AssumeRole", RoleArn=CROSS.arn, RoleSessionName="session")
    assert (error.status, error.code) == (403, "AccessDenied")
    assert error.message == f"User: {BOB.arn} is not authorized to perform: sts:AssumeRole on resource: {CROSS.arn}"
