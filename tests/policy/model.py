"""A slow model of IAM's rules that reads documents as they are: no compiling, no sharing, recursion for wildcards.

It covers what the strategies generate: one JSON document per policy, string, numeric, boolean, address, ARN and Null
operators, users, role sessions, federated users, root, web identities and services.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from functools import cache
from typing import Any

from understudy.policy import Principal, PrincipalKind

Context = dict[str, Any]


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def wild(pattern: tuple[Any, ...], text: str) -> bool:
    """A pattern is a tuple of characters and of the two wildcards, written as (``*``,) and (``?``,)."""
    if not pattern:
        return not text
    if pattern[0] == ("*",):
        return wild(pattern[1:], text) or (bool(text) and wild(pattern, text[1:]))
    return bool(text) and (pattern[0] == ("?",) or pattern[0] == text[0]) and wild(pattern[1:], text[1:])


def units(text: str) -> str:
    raw = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(raw[i] * 256 + raw[i + 1]) for i in range(0, len(raw), 2))


def pattern_of(text: str, context: Context, version: str, wildcards: bool) -> tuple[Any, ...] | None:
    """The pattern with variables put in as plain characters; None when a variable has no value."""
    out: list[Any] = []
    pieces = re.split(r"(\$\{[^}]*\})", text) if version == "2012-10-17" else [text]
    for piece in pieces:
        if version == "2012-10-17" and re.fullmatch(r"\$\{[^}]*\}", piece):
            inside = piece[2:-1]
            if inside in ("*", "?", "$"):
                value: Any = inside
            else:
                key, _, default = inside.partition(",")
                value = context.get(key.strip().lower(), default.strip()[1:-1] if default else None)
            if not isinstance(value, str):
                return None
            out += list(units(value))
        else:
            out += [(each,) if wildcards and each in "*?" else each for each in units(piece)]
    return tuple(out)


def like(pattern: str, text: str, context: Context, version: str) -> bool:
    found = pattern_of(pattern, context, version, True)
    return found is not None and wild(found, units(text))


def arn_like(pattern: str, text: str, context: Context, version: str) -> bool:
    found = pattern_of(pattern, context, version, True)
    if found is None:
        return False
    cut = [index for index, each in enumerate(found) if each == ":"][:5]
    if len(cut) < 5:
        return False
    edges = [-1, *cut, len(found)]
    parts = [found[start + 1 : end] for start, end in itertools.pairwise(edges)]
    return all(wild(tuple(part), units(given)) for part, given in zip(parts, text.split(":", 5), strict=True))


def number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?(e\d)?", text, re.ASCII) else None


def one_fits(base: str, wanted: str, given: str, context: Context, version: str) -> bool | None:
    """Whether one request value fits one policy value, by the operator without its negation; None for malformed."""
    if base.startswith("String"):
        if "Like" in base:
            return like(wanted, given, context, version)
        pattern = pattern_of(wanted, context, version, False)
        if pattern is None:
            return False
        exact = "".join(pattern)
        return exact.lower() == units(given).lower() if "IgnoreCase" in base else exact == units(given)
    if base.startswith("Numeric"):
        left, right = number(given), number(wanted)
        if left is None or right is None:
            return False
        comparisons = {
            "Equals": left == right,
            "NotEquals": left == right,
            "LessThan": left < right,
            "LessThanEquals": left <= right,
            "GreaterThan": left > right,
            "GreaterThanEquals": left >= right,
        }
        return comparisons[base.removeprefix("Numeric")]
    if base == "Bool":
        return (wanted.lower() == "true") is (given.lower() == "true")
    if base.endswith("IpAddress"):
        try:
            return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)
        except ValueError:
            return None
    assert base.startswith("Arn")
    if not given.startswith("arn:") or given.count(":") < 5:
        return None
    return arn_like(wanted, given, context, version)


def condition_holds(operator: str, key: str, values: list[str], context: Context, version: str) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    base = name.removesuffix("IfExists")
    given = context.get(key.lower())
    if base == "Null":
        return any((given is None) is (value == "true") for value in values)
    negated = "Not" in base
    if given is None:
        if if_exists or quantifier == "ForAllValues":
            return True
        return negated and not quantifier
    if not quantifier and isinstance(given, list):
        return False

    def fits(value: str) -> bool:
        answers = [one_fits(base, wanted, value, context, version) for wanted in values]
        if None in answers:
            return False
        return not any(answers) if negated else any(answers)

    each = many(given)
    return all(map(fits, each)) if quantifier == "ForAllValues" else any(map(fits, each))


def names(principal: Any, caller: Principal) -> int:
    """0 not at all, 1 the account, 2 the role or user behind, 3 the caller."""
    if principal == "*":
        return 3
    best = 0
    signed = caller.account is not None
    for kind, values in principal.items():
        for value in many(values):
            if kind == "Service":
                best = max(best, 3 * (value == caller.service_name))
            elif kind == "Federated":
                best = max(best, 3 * (value == caller.provider))
            elif value == "*":
                best = max(best, 3 * (signed or caller.kind is PrincipalKind.ANONYMOUS))
            elif value in (caller.account, f"arn:aws:iam::{caller.account}:root") and signed:
                best = max(best, 3 if caller.kind is PrincipalKind.ROOT else 1)
            elif (signed and value == caller.arn) or (caller.kind is PrincipalKind.USER and value == caller.unique_id):
                best = 3
            elif (caller.kind is PrincipalKind.ROLE_SESSION and value in (caller.role_arn, caller.unique_id)) or (
                caller.kind is PrincipalKind.FEDERATED_USER and value == caller.issuer_arn
            ):
                best = max(best, 2)
    return best


def spared(listed: dict[str, Any], caller: Principal) -> bool:
    """Whether NotPrincipal lists the caller in all its forms."""
    if caller.account is None or "*" in many(listed.get("AWS", [])):
        return names(listed, caller) > 0
    aws = many(listed.get("AWS", []))
    account = caller.account in aws or f"arn:aws:iam::{caller.account}:root" in aws
    itself = caller.kind is PrincipalKind.ROOT or caller.arn in aws or caller.unique_id in aws
    if caller.kind is PrincipalKind.ROLE_SESSION:
        return account and caller.arn in aws and (caller.role_arn in aws or caller.unique_id in aws)
    if caller.kind is PrincipalKind.FEDERATED_USER:
        return account and caller.arn in aws and caller.issuer_arn in aws
    return account and itself


def statement_says(statement: dict[str, Any], version: str, asked: dict[str, Any]) -> int:
    """How the statement names the caller when it applies, else 0."""
    context = {key.lower(): value for key, value in asked["context"].items() if value != []}
    action = asked["action"].lower()
    if "Action" in statement:
        if not any(like(each.lower(), action, {}, "") for each in many(statement["Action"])):
            return 0
    elif any(like(each.lower(), action, {}, "") for each in many(statement["NotAction"])):
        return 0
    if "Resource" in statement:
        if not any(like(each, asked["resource"], context, version) for each in many(statement["Resource"])):
            return 0
    elif "NotResource" in statement:
        patterns = [pattern_of(each, context, version, True) for each in many(statement["NotResource"])]
        if None in patterns or any(wild(each, units(asked["resource"])) for each in patterns if each is not None):
            return 0
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            if not condition_holds(operator, key, many(values), context, version):
                return 0
    if "NotPrincipal" in statement:
        return 0 if spared(statement["NotPrincipal"], asked["caller"]) else 3
    return names(statement["Principal"], asked["caller"]) if "Principal" in statement else 3


def says(documents: list[dict[str, Any]], asked: dict[str, Any]) -> tuple[int, bool]:
    """The strongest Allow, and whether there is a Deny."""
    allow, deny = 0, False
    for document in documents:
        for statement in many(document["Statement"]):
            said = statement_says(statement, document.get("Version", "2008-10-17"), asked)
            if statement["Effect"] == "Deny":
                deny = deny or said > 0
            else:
                allow = max(allow, said)
    return allow, deny


def decide(asked: dict[str, Any], sets: dict[str, Any]) -> str:
    """allow, implicit deny or explicit deny; `sets` has documents under the names of PolicySet."""
    caller: Principal = asked["caller"]
    action = asked["action"].lower()
    if action == "sts:getcalleridentity":
        return "allow"
    signed = caller.account is not None
    linked = "/aws-service-role/" in (caller.role_arn or "")
    flat = {
        name: says(sets.get(name) or [], asked) for name in ("identity", "trust", "resource", "boundary", "endpoint")
    }
    session = sets.get("session")
    if session is None and caller.kind is PrincipalKind.FEDERATED_USER:
        session = []
    in_session = says(session or [], asked)
    scps = [says(level, asked) for level in sets.get("scps") or []] if signed and not linked else []
    rcps = [says(level, asked) for level in sets.get("rcps") or []] if not linked else []
    everything = [*flat.values(), in_session, *scps, *rcps]
    if any(deny for _, deny in everything):
        return "explicit deny"
    if action == "sts:getsessiontoken":
        return "allow"
    root = caller.kind is PrincipalKind.ROOT
    assuming = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
    guardrails = [*scps, *rcps, *([flat["endpoint"]] if sets.get("endpoint") else [])]
    if (root and action in assuming) or not all(allow for allow, _ in guardrails):
        return "implicit deny"
    own = root or flat["identity"][0] > 0
    boundary = not sets.get("boundary") or flat["boundary"][0] > 0
    in_session_allowed = session is None or in_session[0] > 0
    granted = flat["trust" if sets.get("trust") else "resource"][0]
    same = signed and asked["resource_account"] in (None, caller.account)
    if not signed or not same:
        allowed = granted > 0 and (not signed or (own and boundary and in_session_allowed))
    elif granted == 3:
        allowed = True
    elif granted == 2:
        allowed = boundary and in_session_allowed
    else:
        allowed = (granted == 1 or not sets.get("trust")) and own and boundary and in_session_allowed
    return "allow" if allowed else "implicit deny"
