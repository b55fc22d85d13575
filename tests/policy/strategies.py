"""Generated requests and documents, from few names, so that they meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.policy.cases import ALICE, BUILD, CALLERS, OWNER, PROVIDER, ZOE

ACTIONS = ["sts:AssumeRole", "sts:TagSession", "s3:GetObject", "s3:PutObject", "iam:PassRole"]
SPECIAL_ACTIONS = ["sts:GetSessionToken", "sts:GetCallerIdentity"]
ACTION_PATTERNS = [*ACTIONS, "*", "sts:*", "S3:get*", "s3:?etObject", "*:*Object", "iam:*"]
RESOURCES = ["arn:aws:s3:::a/x", "arn:aws:s3:::a/y/z", f"arn:aws:iam::{OWNER}:role/Target", "arn:aws:s3:::al/x", "*"]
RESOURCE_PATTERNS = [*RESOURCES, "arn:aws:s3:::a/*", "arn:aws:s3:::?/?", "arn:*", "arn:aws:s3:::${aws:username}/*"]
KEYS = ["aws:username", "aws:x", "aws:TagKeys", "aws:SourceIp", "aws:SourceArn", "sts:ExternalId"]
TEXTS = ["al", "AL", "a", "b", "1", "1.0", "2", "true", "", "a*", "😀"]
ADDRESSES = ["192.0.2.1", "198.51.100.9", "2001:db8::1", "nowhere"]
ARNS = ["arn:aws:s3:::a", "arn:aws:iam::111122223333:role/x", "arn:aws:iam::111122223333:role/y/z", "no-arn"]
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": OWNER},
    {"AWS": f"arn:aws:iam::{OWNER}:root"},
    {"AWS": [ALICE.arn, BUILD.role_arn]},
    {"AWS": [BUILD.arn]},
    {"AWS": [ALICE.unique_id, BUILD.unique_id]},
    {"AWS": ZOE.arn, "Service": "ec2.amazonaws.com"},
    {"Federated": PROVIDER},
]
EXCEPTED: list[Any] = [
    {"AWS": [OWNER, ALICE.arn]},
    {"AWS": [f"arn:aws:iam::{OWNER}:root", BUILD.role_arn, BUILD.arn]},
    {"AWS": [OWNER, BUILD.role_arn]},
    {"AWS": "*"},
    {"Service": "ec2.amazonaws.com", "Federated": PROVIDER},
]
_QUANTIFIERS = st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"])
_IF_EXISTS = st.sampled_from(["", "", "IfExists"])


def some(values: list[Any]) -> st.SearchStrategy[Any]:
    """One value, or a list of one to three."""
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    family = draw(st.sampled_from(["String", "String", "Numeric", "Bool", "Ip", "Arn", "Null"]))
    if family == "Null":
        return {"Null": {draw(st.sampled_from(KEYS)): draw(st.sampled_from(["true", "false"]))}}
    names, values = {
        "String": (
            ["Equals", "NotEquals", "Like", "NotLike", "EqualsIgnoreCase"],
            [*TEXTS, "${aws:username}", "?", "*"],
        ),
        "Numeric": (["Equals", "NotEquals", "LessThan", "GreaterThanEquals"], ["1", "1.0", "02", "+3", "1e0"]),
        "Bool": ([""], ["true", "false"]),
        "Ip": (["IpAddress", "NotIpAddress"], ["192.0.2.0/24", "198.51.100.9/32", "2001:db8::/32"]),
        "Arn": (
            ["Like", "NotEquals"],
            ["arn:aws:iam::*:role/*", "arn:aws:s3:::a", "arn:*:*:*:*:*", "arn:aws:iam::${aws:x}:role/x"],
        ),
    }[family]
    base = draw(st.sampled_from(names))
    name = base if family == "Ip" else family + base
    keys = st.dictionaries(st.sampled_from(KEYS), some(values), min_size=1, max_size=2)
    return {draw(_QUANTIFIERS) + name + draw(_IF_EXISTS): draw(keys)}


@st.composite
def statements(
    draw: st.DrawFn, *, principal: bool = False, trust: bool = False, effect: str | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    trusted = ["sts:AssumeRole", "sts:TagSession", "sts:*", "STS:assumerole"]
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some(trusted if trust else ACTION_PATTERNS))
    if not trust:
        made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(RESOURCE_PATTERNS))
    if principal or trust:
        excepting = principal and not trust and made["Effect"] == "Deny" and draw(st.booleans())
        whom = EXCEPTED if excepting else PRINCIPALS[1:] if trust else PRINCIPALS
        made["NotPrincipal" if excepting else "Principal"] = draw(st.sampled_from(whom))
    if draw(st.booleans()):
        made["Condition"] = draw(conditions())
    return made


@st.composite
def documents(draw: st.DrawFn, **kinds: bool) -> dict[str, Any]:
    made = draw(st.lists(statements(**kinds), min_size=1, max_size=3))
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", None]))
    return {**({"Version": version} if version else {}), "Statement": made if len(made) > 1 else made[0]}


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def sets(draw: st.DrawFn) -> dict[str, Any]:
    """Documents under the names of PolicySet; trust, boundary and endpoint are lists of one."""
    plain = documents()
    several = st.lists(plain, max_size=2)
    levels = st.lists(several, min_size=1, max_size=2)
    made = {
        "identity": draw(several),
        "boundary": draw(_maybe(st.lists(plain, min_size=1, max_size=1))),
        "session": draw(_maybe(several)),
        "scps": draw(st.sampled_from([None, None, None])) if draw(st.booleans()) else draw(_maybe(levels)),
    }
    if draw(st.booleans()):
        made["trust"] = [draw(documents(trust=True))]
    else:
        made["resource"] = draw(st.lists(documents(principal=True), max_size=2))
    return made


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    values = st.sampled_from(TEXTS) | st.lists(st.sampled_from(TEXTS), max_size=3)
    context = draw(st.dictionaries(st.sampled_from(KEYS[:3] + KEYS[5:]), values, max_size=4))
    if draw(st.booleans()):
        context["aws:SourceIp"] = draw(st.sampled_from(ADDRESSES))
    if draw(st.booleans()):
        context["aws:SourceArn"] = draw(st.sampled_from(ARNS))
    return {
        "caller": CALLERS[draw(st.sampled_from(sorted(CALLERS)))],
        "action": draw(st.sampled_from(ACTIONS * 4 + SPECIAL_ACTIONS)),
        "resource": draw(st.sampled_from(RESOURCES)),
        "resource_account": draw(st.sampled_from([OWNER, OWNER, "444455556666", None])),
        "context": context,
    }
