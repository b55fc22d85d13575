"""AssumeRoot: credentials of a member account's root for one task, for at most fifteen minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.arn import Arn, InvalidArn
from understudy.commands import AssumeRootCommand
from understudy.directory.managed import ROOT_TASK_POLICIES
from understudy.errors import AccessDenied, ServiceError
from understudy.server.denials import short_text
from understudy.server.issuing import issue
from understudy.server.session_tags import source_identity
from understudy.server.sessions import Session, SessionKind
from understudy.types import AssumeRootOutput

if TYPE_CHECKING:
    from understudy.directory import Account
    from understudy.server.calls import Call
    from understudy.server.service import Service

LONGEST_SECONDS = 900


def assume_root(service: Service, call: Call, command: AssumeRootCommand) -> AssumeRootOutput:
    """For the management account and delegated administrators, where the organization has switched root sessions on."""
    task, target = _task(command), _target(service, command.target_principal)
    _authorise(service, call, task, target)
    identity = source_identity(None, call.caller.session)
    duration = LONGEST_SECONDS if command.duration_seconds is None else command.duration_seconds
    session = Session(
        kind=SessionKind.ROOT_TASK,
        access_key_id=service.tokens.new_access_key_id(target.account_id),
        issued=int(call.now),
        expires=int(call.now) + duration,
        partition=target.partition,
        source_identity=identity,
        task_policy_arn=task,
    )
    issued = issue(service.tokens, session, minimum_size=command.minimum_session_token_size)
    return AssumeRootOutput.of(
        {
            **issued.members(),
            "source_identity": identity,
        }
    )


def _task(command: AssumeRootCommand) -> str:
    """The ARN of the task policy, one of the five that there are."""
    task = getattr(command.task_policy_arn, "arn", None)
    if task not in ROOT_TASK_POLICIES:
        raise _invalid("Request must contain valid AWS managed task policy ARN")
    return str(task)


def _authorise(service: Service, call: Call, task: str, target: Account) -> None:
    """Root may not; others need sts:AssumeRoot, and an account that administers the target."""
    if call.caller.is_root:
        raise AccessDenied("Roles may not be assumed by root accounts.")
    context = {**call.context(), "sts:TaskPolicyArn": task, "aws:ResourceAccount": target.account_id}
    service.authorizer.require(call, "sts:AssumeRoot", target.root_arn, context)
    if not _administers(service, call.caller.account.account_id, target.account_id):
        raise AccessDenied(short_text(call.caller.arn, "sts:AssumeRoot", target.root_arn))


def _target(service: Service, text: str) -> Account:
    """An account's id or the ARN of its root, of an account that exists."""
    try:
        account = text if text.isdigit() else _account_of_root(Arn.parse(text))
    except InvalidArn:
        account = None
    found = service.directory.account(account) if account is not None else None
    if found is None:
        raise _invalid("Request must contain a valid target principal")
    return found


def _account_of_root(arn: Arn) -> str | None:
    return arn.account if arn.service == "iam" and arn.resource == "root" else None


def _administers(service: Service, calling: str, target: str) -> bool:
    """The management account itself cannot be a target ("Centrally manage root access", IAM User Guide)."""
    organization = service.directory.organization(calling)
    if organization is None or not organization.root_sessions or target == organization.management_account:
        return False
    allowed = (organization.management_account, *organization.delegated_administrators)
    return calling in allowed and target in organization.accounts()


def _invalid(message: str) -> ServiceError:
    """The code is ours: only the texts are on record."""
    return ServiceError(message, code="ValidationError", status=400)
