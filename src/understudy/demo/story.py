"""The story that ``make demo`` plays: one function for each scene, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from understudy import AccessDenied, from_temporary_credentials
from understudy.demo.props import PRODUCTION, Crowd
from understudy.demo.stage import Scene

if TYPE_CHECKING:
    from understudy.demo.props import Props

S3_READ_ROLE = "arn:aws:iam::987654321098:role/S3ReadRole"
CROSS_ACCOUNT_ROLE = "arn:aws:iam::987654321098:role/CrossAccountRole"
WEB_IDENTITY_ROLE = "arn:aws:iam::123456789012:role/WebIdentityRole"
ALICES_DEVICE = "arn:aws:iam::123456789012:mfa/alice"


def who_am_i(props: Props) -> Sequence[str]:
    alice = props.client(props.user("alice"))
    me = alice.get_caller_identity()
    return [f"account {me.account}, user id {me.user_id}", me.arn]


def assume_role(props: Props) -> Sequence[str]:
    alice = props.client(props.user("alice"))
    session = alice.assume_role(role_arn=CROSS_ACCOUNT_ROLE, role_session_name="demo")
    as_role = props.client(session.credentials)
    until = f"{session.credentials.expiration:%H:%M:%S}"
    return [f"{session.credentials.access_key_id}, good until {until} UTC", as_role.get_caller_identity().arn]


def refuse_bob(props: Props) -> Sequence[str]:
    bob = props.client(props.user("bob"))
    try:
        bob.assume_role(role_arn=CROSS_ACCOUNT_ROLE, role_session_name="demo")
    except AccessDenied as refusal:
        return [str(refusal), "the stand-in says why to those who may know:\n" + props.why(refusal)]
    return ["bob got in"]


def web_identity(props: Props) -> Sequence[str]:
    token = props.provider.token("repo:example/app:ref:refs/heads/main")
    session = props.client().assume_role_with_web_identity(
        role_arn=WEB_IDENTITY_ROLE, role_session_name="ci", web_identity_token=token
    )
    as_role = props.client(session.credentials)
    return [f"{session.subject_from_web_identity_token} is now", as_role.get_caller_identity().arn]


def refuse_another_repository(props: Props) -> Sequence[str]:
    token = props.provider.token("repo:somebody/else:ref:refs/heads/main")
    try:
        props.client().assume_role_with_web_identity(
            role_arn=WEB_IDENTITY_ROLE, role_session_name="ci", web_identity_token=token
        )
    except AccessDenied as refusal:
        return [str(refusal)]
    return ["somebody else got in"]


def session_token(props: Props) -> Sequence[str]:
    alice = props.client(props.user("alice"))
    code = props.code(ALICES_DEVICE)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answers = []
    for token_code in (wrong, code, code):
        try:
            session = alice.get_session_token(serial_number=ALICES_DEVICE, token_code=token_code)
            answers.append(f"{token_code}: good for {session.credentials.access_key_id}")
        except AccessDenied as refusal:
            answers.append(f"{token_code}: {refusal.message}")
    return answers


def read_a_bucket(props: Props) -> Sequence[str]:
    carol = props.s3(props.user("carol", PRODUCTION))
    carol.put_object(Bucket="cross-account-bucket", Key="reports/2026-11.csv", Body=b"month,amount\n")
    alice = props.client(props.user("alice"))
    role = alice.assume_role(role_arn=S3_READ_ROLE, role_session_name="demo")
    s3 = props.s3(role.credentials)
    listed = s3.list_objects_v2(Bucket="cross-account-bucket")
    answers = [f"{item['Key']}, {item['Size']} bytes" for item in listed["Contents"]]
    try:
        s3.put_object(Bucket="cross-account-bucket", Key="reports/2026-12.csv", Body=b"")
    except ClientError as refusal:
        answers.append(str(refusal))
    return answers


def refresh(props: Props) -> Sequence[str]:
    start, events = props.clock.ahead, []
    alice = props.client(props.user("alice"))
    credentials = from_temporary_credentials(
        role_arn=CROSS_ACCOUNT_ROLE,
        duration_seconds=900,
        client=alice,
        clock=props.clock,
        on_refresh=lambda new: events.append(f"minute {(props.clock.ahead - start) / 60:2.0f}: {new.access_key_id}"),
    )
    service = props.client(credentials)
    assumed = props.calls("AssumeRole")
    with Crowd(service.get_caller_identity, threads=4) as crowd:
        for _minute in range(31):
            crowd.wait_for_calls(20)
            props.clock.ahead += 60
        crowd.wait_for_calls(20)
    return [*events, crowd.summary(), f"{props.calls('AssumeRole') - assumed} calls of AssumeRole in 31 minutes"]


def contains(*parts: str) -> Callable[[Sequence[str]], str | None]:
    """A check that every part stands somewhere in the answer."""

    def check(answer: Sequence[str]) -> str | None:
        text = "\n".join(answer)
        missing = [part for part in parts if part not in text]
        return f"the answer lacks {missing[0]!r}" if missing else None

    return check


def one_code_of_three(answer: Sequence[str]) -> str | None:
    """The wrong code and the second use are refused, the right one is good."""
    refused = ["MultiFactorAuthentication failed" in line for line in answer]
    return None if refused == [True, False, True] else f"the codes were refused as {refused}"


def refreshed_in_time(answer: Sequence[str]) -> str | None:
    """Sessions of fifteen minutes, renewed five minutes before their end: a first one and three more."""
    keys = [line for line in answer if line.startswith("minute")]
    if len(keys) != 4 or not answer[-1].startswith("4 calls"):
        return f"{len(keys)} sets of credentials and {answer[-1]!r}, not 4"
    return None if " 0 errors" in answer[-2] else answer[-2]


STORY = (
    Scene("Who am I? Alice, an IAM user of account 123456789012", who_am_i, contains(":user/alice")),
    Scene(
        "Alice assumes a role of account 987654321098, and is somebody else",
        assume_role,
        contains("arn:aws:sts::987654321098:assumed-role/CrossAccountRole/demo"),
    ),
    Scene(
        "Bob wants the same and is refused",
        refuse_bob,
        contains("AccessDenied", "user/bob is not authorized to perform: sts:AssumeRole on resource"),
    ),
    Scene(
        "A CI job exchanges its OpenID Connect token",
        web_identity,
        contains("arn:aws:sts::123456789012:assumed-role/WebIdentityRole/ci"),
    ),
    Scene(
        "A token for another repository is just as genuine, and refused",
        refuse_another_repository,
        contains("Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    ),
    Scene("A session token for a wrong MFA code, a right one, and the same again", session_token, one_code_of_three),
    Scene(
        "A role reads a bucket of its account through the guard before S3, and may not write",
        read_a_bucket,
        contains(
            "reports/2026-11.csv, 13 bytes", "not authorized to perform: s3:PutObject", "no identity-based policy"
        ),
    ),
    Scene(
        "Credentials refresh themselves under four busy threads, while the clock runs through half an hour",
        refresh,
        refreshed_in_time,
    ),
)
