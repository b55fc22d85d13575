"""``understudy policy``: evaluate and explain policies in files, and ask who can assume a role."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from understudy.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from understudy.policy import Accounts, Answer, Decision, Policy, PolicyKind, PolicySet, Principal, Request

_ATTACHED = {
    "identity": ("IDENTITY", "a policy attached to the caller"),
    "trust": ("TRUST", "the trust policy of the role that is the resource"),
    "resource-policy": ("RESOURCE", "a policy of the resource"),
    "boundary": ("BOUNDARY", "the caller's permissions boundary"),
    "session": ("SESSION", "a session policy"),
    "scp": ("SCP", "one level of service control policies"),
    "rcp": ("RCP", "one level of resource control policies"),
}
_INSTALL = "pip install 'understudy[server]'"
_REQUEST_KEYS = frozenset(("principal", "action", "resource", "resource_account", "context"))


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``policy`` with its own three commands."""
    parser = subparsers.add_parser("policy", help="evaluate and explain policies in files")
    commands = parser.add_subparsers(dest="policy_command", metavar="COMMAND", required=True)
    evaluate = commands.add_parser("evaluate", help="print allow, implicit deny or explicit deny; exit 1 for a deny")
    evaluate.add_argument("--json", action="store_true", help="print the whole decision as JSON")
    evaluate.set_defaults(run=run_evaluate)
    _add_request(evaluate)
    explain = commands.add_parser("explain", help="print the decision and everything that led to it")
    explain.add_argument("--json", action="store_true", help="print the decision in DecodeAuthorizationMessage's form")
    explain.set_defaults(run=run_explain)
    _add_request(explain)
    who = commands.add_parser(
        "who-can-assume", help="list who can assume a role of a directory, and under what conditions"
    )
    who.add_argument("role", help="the role's ARN, or its name when no other role has it")
    who.add_argument("directory", type=Path, help="a YAML or JSON file with the accounts")
    who.add_argument("--context", action="append", default=[], metavar="KEY=VALUE", help="what requests carry anyway")
    who.add_argument(
        "--format", choices=("text", "json", "dot", "svg"), default="text", help="dot and svg draw all roles"
    )
    who.set_defaults(run=run_who_can_assume)


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--request", type=Path, metavar="FILE", help="a request in a file; the options below override it"
    )
    parser.add_argument("--principal", metavar="ARN", help="the caller: an ARN, a service name, or 'anonymous'")
    parser.add_argument("--action", metavar="SERVICE:ACTION")
    parser.add_argument("--resource", metavar="ARN", help="the resource, '*' if it is none in particular")
    parser.add_argument("--resource-account", metavar="ID", help="who owns the resource; by default as its ARN says")
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a condition key; KEY+=VALUE adds to a multi-valued one",
    )
    for option, (_, help_text) in _ATTACHED.items():
        parser.add_argument(f"--{option}", type=Path, action="append", default=None, metavar="FILE", help=help_text)


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Print the verdict, 0 for an allow, 1 for a deny."""
    decision = _decide(arguments)
    print(decision.to_json(indent=2) if arguments.json else decision.verdict.value)
    if not decision.allowed and not arguments.json:
        print("hint: 'understudy policy explain' with the same options says why", file=sys.stderr)
    return 0 if decision.allowed else 1


def run_explain(arguments: argparse.Namespace) -> int:
    """Print the decision with its reasons; the exit status is 0 whatever the verdict."""
    decision = _decide(arguments)
    print(json.dumps(decision.authorization_message(), indent=2) if arguments.json else decision.why())
    return 0


def run_who_can_assume(arguments: argparse.Namespace) -> int:
    """Print one line for each caller, 0 when there is one, 1 when nobody can."""
    from understudy.policy import UnknownName, role_chains, who_can_assume

    directory = _directory(arguments.directory)
    context = _context(arguments.context, {})
    if arguments.format in ("dot", "svg"):
        graph = role_chains(directory, context=context)
        print(graph.dot() if arguments.format == "dot" else graph.svg(), end="")
        return 0
    try:
        answers = who_can_assume(arguments.role, directory, context=context)
    except UnknownName as error:
        raise ConfigurationError(str(error), hint=f"the roles are those of {arguments.directory}") from None
    print(json.dumps([_plain(each) for each in answers], indent=2) if arguments.format == "json" else _lines(answers))
    return 0 if answers else 1


def _lines(answers: Sequence[Answer]) -> str:
    if not answers:
        return "nobody"
    return "\n".join(f"{each.principal}{_if(each)}" for each in answers)


def _if(answer: Answer) -> str:
    return f"  if {' and '.join(change.need for change in answer.needs)}" if answer.needs else ""


def _plain(answer: Answer) -> dict[str, Any]:
    needs = [{"key": change.what, "values": list(change.wanted), "text": change.need} for change in answer.needs]
    return {"principal": str(answer.principal), "action": answer.action, "needs": needs}


def _decide(arguments: argparse.Namespace) -> Decision:
    from understudy.policy import evaluate

    return evaluate(_request(arguments), _policies(arguments))


def _request(arguments: argparse.Namespace) -> Request:
    from understudy.policy import Request

    given = _given(arguments)
    missing = [f"--{name}" for name in ("principal", "action") if not given.get(name)]
    if missing:
        raise ConfigurationError(
            f"the request has no {' and no '.join(missing)}", hint="give it as an option or in --request FILE"
        )
    principal = principal_of(given["principal"])
    resource = str(given.get("resource") or "*")
    owner = given.get("resource_account") or _owner(resource)
    known = {key.lower() for key in given["context"]}
    derived = {key: value for key, value in principal.condition_keys().items() if key.lower() not in known}
    return Request(principal, str(given["action"]), resource, owner, {**derived, **given["context"]})


def _owner(resource: str) -> str | None:
    """The account in the resource's ARN."""
    parts = resource.split(":", 5)
    return parts[4] or None if len(parts) == 6 else None


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The request of the file with the options laid over it."""
    file = _mapping(arguments.request) if arguments.request else {}
    unknown = sorted(set(file) - _REQUEST_KEYS)
    if unknown:
        raise ConfigurationError(
            f"{str(arguments.request)!r} has {unknown[0]!r}, which is no part of a request",
            hint=f"a request has {', '.join(sorted(_REQUEST_KEYS))}",
        )
    options = {name: getattr(arguments, name) for name in ("principal", "action", "resource", "resource_account")}
    given = {**file, **{name: value for name, value in options.items() if value is not None}}
    return {**given, "context": _context(arguments.context, file.get("context") or {})}


def _context(options: Sequence[str], start: Mapping[str, Any]) -> dict[str, str | list[str]]:
    context = {str(key): _texts(value) for key, value in start.items()}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key:
            raise ConfigurationError(
                f"{option!r} is no condition key", hint="write it as KEY=VALUE, or KEY+=VALUE for one of several"
            )
        if key.endswith("+"):
            before = context.get(key[:-1], [])
            context[key[:-1]] = [*([before] if isinstance(before, str) else before), value]
        else:
            context[key] = value
    return context


def _texts(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def principal_of(text: Any) -> Principal:
    """The caller that an ARN, a service's name or ``anonymous`` stands for; a mapping has the fields of `Principal`."""
    from understudy.policy import Principal

    arn, unique_id, tags = _described(text)
    parts = arn.split(":", 5)
    if arn == "anonymous":
        return Principal.anonymous()
    if len(parts) != 6:
        return Principal.federated(arn) if arn in _BUILT_IN_PROVIDERS else Principal.service(arn)
    kind, _, rest = parts[5].partition("/")
    match kind:
        case "user":
            return Principal.user(arn, unique_id=unique_id, tags=tags)
        case "assumed-role":
            role, _, session = rest.partition("/")
            role_arn = str(text.get("role", "")) if isinstance(text, dict) else ""
            role_arn = role_arn or f"arn:{parts[1]}:iam::{parts[4]}:role/{role}"
            return Principal.role_session(role_arn, session, unique_id=unique_id, tags=tags)
        case "role":
            return Principal.role_session(arn, "session", unique_id=unique_id, tags=tags)
        case "federated-user":
            return Principal.federated_user(parts[4], rest, partition=parts[1])
        case "root":
            return Principal.root(parts[4], partition=parts[1])
        case "oidc-provider" | "saml-provider":
            return Principal.federated(arn)
    raise ConfigurationError(
        f"{arn!r} cannot be a caller", hint="a caller is a user, role, assumed-role, federated-user, root or provider"
    )


_BUILT_IN_PROVIDERS = frozenset(
    ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
)


def _described(value: Any) -> tuple[str, str | None, dict[str, str]]:
    if not isinstance(value, dict):
        return str(value), None, {}
    tags = {str(key): str(each) for key, each in (value.get("tags") or {}).items()}
    return str(value.get("arn", "")), value.get("unique_id"), tags


def _policies(arguments: argparse.Namespace) -> PolicySet:
    from understudy.policy import PolicyKind, PolicySet

    read: dict[str, list[Policy] | None] = {}
    for option, (kind, _) in _ATTACHED.items():
        files: list[Path] | None = getattr(arguments, option.replace("-", "_"))
        read[option] = None if files is None else [_policy(file, PolicyKind[kind]) for file in files]
    for option in ("trust", "boundary"):
        if len(read[option] or ()) > 1:
            raise ConfigurationError(f"--{option} is given {len(read[option] or ())} times, there can be one")
    scps, rcps = read["scp"], read["rcp"]
    return PolicySet(
        identity=read["identity"] or (),
        trust=next(iter(read["trust"] or ()), None),
        resource=read["resource-policy"] or (),
        boundary=next(iter(read["boundary"] or ()), None),
        session=read["session"],
        scps=None if scps is None else [[each] for each in scps],
        rcps=None if rcps is None else [[each] for each in rcps],
    )


def _policy(file: Path, kind: PolicyKind) -> Policy:
    from understudy.policy import PolicyError, parse_policy

    try:
        return parse_policy(_text(file), kind, name=file.name)
    except PolicyError as error:
        listed = "\n".join(f"  - {problem}" for problem in error.problems)
        raise ConfigurationError(
            f"{str(file)!r} is not a {kind.value}:\n{listed}", hint=f"the service would say: {error.service_text}"
        ) from None


def _directory(file: Path) -> Accounts:
    """The accounts of a directory file, in the form that ``understudy serve`` reads (JSON is YAML too)."""
    try:
        from understudy.directory.accounts import accounts
        from understudy.directory.yaml_file import load
    except ImportError as error:
        raise ConfigurationError(f"reading a directory needs {error.name}", hint=_INSTALL) from None
    return accounts(load(file))


def _mapping(file: Path) -> dict[str, Any]:
    """A JSON or YAML file that holds a mapping; YAML needs the extra ``server``."""
    text = _text(file)
    try:
        value = json.loads(text) if file.suffix == ".json" else _yaml(text)
    except ValueError as error:
        raise ConfigurationError(f"{str(file)!r} cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{str(file)!r} must hold a mapping, not {type(value).__name__}")
    return value


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError("reading YAML needs PyYAML", hint=_INSTALL) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{str(file)!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{str(file)!r} is not UTF-8 text") from None
