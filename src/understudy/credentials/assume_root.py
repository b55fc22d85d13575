"""Credentials for one task as the root user of a member account, for 15 minutes at a time."""

from __future__ import annotations

from understudy.commands import AssumeRootCommand
from understudy.credentials.calling import Calling, Calls, checked, issued, refreshing, without_none

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from understudy.client.options import Credentials
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials
    from understudy.types import PolicyDescriptorType


def from_assume_root(
    *,
    target_principal: str,
    task_policy_arn: PolicyDescriptorType | str,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
    source: Credentials | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Root credentials of the member account `target_principal`, narrowed to `task_policy_arn` (AssumeRoot).

    `duration_seconds` is at most 900, which is the default; the call needs a regional endpoint. `source` and `client`
    are those of `from_temporary_credentials`.
    """
    members = without_none(
        {
            "target_principal": target_principal,
            "task_policy_arn": task_policy_arn,
            "duration_seconds": duration_seconds,
            "minimum_session_token_size": minimum_session_token_size,
        }
    )
    provider = AssumeRootProvider(members, Calls(client, source))
    return refreshing(provider, provider.calls, refresh)


class AssumeRootProvider(Calling):
    """Calls AssumeRoot with these members each time it is asked."""

    __slots__ = ("members",)

    name = "assume_root"
    static_stability = True

    def __init__(self, members: dict[str, Any], calls: Calls) -> None:
        self.members = members
        super().__init__(calls)
        checked(AssumeRootCommand(**members))

    def retrieve(self) -> Flow[AWSCredentials]:
        """The root credentials; raises what the source or the service raised."""
        output = yield from self.calls.caller.call(AssumeRootCommand(**self.members))
        target: str = self.members["target_principal"]
        return issued(output.credentials, self.name, target if target.startswith("arn:") else f"::::{target}")

    def __repr__(self) -> str:
        return f"AssumeRootProvider({self.members['target_principal']!r})"
