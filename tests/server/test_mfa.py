"""Section 10: TOTP of RFC 6238, its window, one use of each code, the rate limit."""

import pytest
from tests.server.stand_in import ALICE, BOB, CROSS, SEED, SERIAL, START, A, StandIn, allow, inline, policy, trusting

from understudy.directory import MFADevice, Role
from understudy.otp import code_at
from understudy.server.mfa import CodeVerifier, totp

DEVICE = MFADevice(serial_number=SERIAL, seed=SEED)
STEP = 30
WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code. "


class Verifier(CodeVerifier):
    def __init__(self):
        self.now = START.timestamp()
        super().__init__(lambda: self.now)


def code(verifier, steps=0):
    return totp(SEED, verifier.now + steps * STEP)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_rfc_6238_appendix_b(moment, expected):
    assert totp(b"12345678901234567890", moment) == expected


@pytest.mark.parametrize("steps", [-2, -1, 0, 1, 2])
def test_section_10_the_window_is_two_steps_either_way(steps):
    verifier = Verifier()
    assert verifier.verify(DEVICE, code(verifier, steps))


@pytest.mark.parametrize("steps", [-3, 3])
def test_section_10_beyond_the_window_a_code_is_wrong(steps):
    verifier = Verifier()
    assert not verifier.verify(DEVICE, code(verifier, steps))


def test_section_10_each_code_is_good_once():
    verifier = Verifier()
    assert verifier.verify(DEVICE, code(verifier))
    assert not verifier.verify(DEVICE, code(verifier))
    verifier.now += STEP
    assert not verifier.verify(DEVICE, code(verifier, -1))


def test_section_10_an_older_unused_code_is_good_after_a_newer_one():
    verifier = Verifier()
    assert verifier.verify(DEVICE, code(verifier))
    assert verifier.verify(DEVICE, code(verifier, -1))


def test_section_10_nine_verifications_in_three_minutes_of_utc():
    verifier = Verifier()
    for _ in range(9):
        assert not verifier.verify(DEVICE, "000000")
    assert not verifier.verify(DEVICE, code(verifier))
    verifier.now += 180
    assert verifier.verify(DEVICE, code(verifier))


def test_section_10_the_limit_is_each_devices_own():
    verifier = Verifier()
    for _ in range(10):
        verifier.verify(DEVICE, "000000")
    other = MFADevice(serial_number=f"arn:aws:iam::{A}:mfa/other", seed=SEED)
    assert verifier.verify(other, code(verifier))


def test_a_code_of_an_old_step_is_forgotten_only_with_its_window():
    verifier = Verifier()
    step = int(verifier.now) // STEP
    assert verifier.verify(DEVICE, code_at(SEED, step + 2))
    verifier.now += 2 * STEP
    assert not verifier.verify(DEVICE, code_at(SEED, step + 2))


def with_code(stand_in, steps=0):
    return {"SerialNumber": SERIAL, "TokenCode": totp(SEED, stand_in.clock.now + steps * STEP)}


def test_section_10_a_session_token_with_a_code():
    stand_in = StandIn()
    assert stand_in.call(ALICE, "GetSessionToken", **with_code(stand_in)).credentials


@pytest.mark.parametrize("action", ["GetSessionToken", "AssumeRole"])
def test_section_10_a_wrong_code(action):
    members = {"RoleArn": CROSS.arn, "RoleSessionName": "s1"} if action == "AssumeRole" else {}
    error = StandIn().refused(ALICE, action, SerialNumber=SERIAL, TokenCode="000000", **members)
    assert (error.status, error.code, error.message) == (403, "AccessDenied", WRONG)


def test_section_10_a_used_code():
    stand_in = StandIn()
    members = with_code(stand_in)
    stand_in.call(ALICE, "GetSessionToken", **members)
    assert stand_in.refused(ALICE, "GetSessionToken", **members).message == WRONG


@pytest.mark.parametrize(
    ("user", "serial"), [(ALICE, f"arn:aws:iam::{A}:mfa/nobody"), (BOB, SERIAL)], ids=["unknown", "somebody else's"]
)
def test_section_10_an_unknown_serial_number(user, serial):
    error = StandIn().refused(user, "GetSessionToken", SerialNumber=serial, TokenCode=totp(SEED, START.timestamp()))
    assert error.code == "AccessDenied"
    assert error.message == (
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    )


@pytest.mark.parametrize("members", [{"SerialNumber": SERIAL}, {"TokenCode": "123456"}])
def test_ours_one_without_the_other(members):
    error = StandIn().refused(ALICE, "GetSessionToken", **members)
    assert (error.code, error.status) == ("AccessDenied", 403)


NEEDS_MFA = Role(
    account=A,
    name="NeedsMFA",
    trust_policy=policy(
        trusting(
            {"AWS": f"arn:aws:iam::{A}:user/alice"},
            "sts:AssumeRole",
            Condition={
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
                "NumericLessThan": {"aws:MultiFactorAuthAge": "600"},
            },
        )
    ),
)


def test_section_10_assume_role_with_a_code_satisfies_the_trust_policy():
    stand_in = StandIn(NEEDS_MFA)
    stand_in.assume(ALICE, NEEDS_MFA, **with_code(stand_in))
    error = stand_in.refused(ALICE, "AssumeRole", RoleArn=NEEDS_MFA.arn, RoleSessionName="s1")
    assert error.message.startswith(f"User: {ALICE.arn} is not authorized")


def test_section_10_a_session_with_mfa_satisfies_it_until_it_is_too_old():
    stand_in = StandIn(NEEDS_MFA)
    session = stand_in.call(ALICE, "GetSessionToken", **with_code(stand_in)).credentials
    stand_in.assume(session, NEEDS_MFA)
    stand_in.clock.now += 601
    assert stand_in.refused(session, "AssumeRole", RoleArn=NEEDS_MFA.arn, RoleSessionName="s1").code == "AccessDenied"


def test_a_session_without_mfa_says_so():
    stand_in = StandIn()
    false = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    stand_in.replace(ALICE, policies=inline(allow("sts:GetSessionToken"), allow("sts:AssumeRole", Condition=false)))
    session = stand_in.call(ALICE, "GetSessionToken").credentials
    stand_in.assume(session)
    assert stand_in.refused(ALICE, "AssumeRole", RoleArn=CROSS.arn, RoleSessionName="s1").code == "AccessDenied"
