"""Credentials of a federated user, narrowed by a policy and issued by a user whose keys sign."""

from __future__ import annotations

from understudy.commands import GetFederationTokenCommand
from understudy.credentials.calling import Calling, Calls, checked, issued, refreshing, without_none

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from understudy.client.options import Credentials
    from understudy.commands import Policy, PolicyArns, Tags
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials


def from_federation_token(
    *,
    name: str,
    policy: Policy | None = None,
    policy_arns: PolicyArns | None = None,
    duration_seconds: int | None = None,
    tags: Tags | None = None,
    minimum_session_token_size: int | None = None,
    source: Credentials | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of the federated user `name` (GetFederationToken), 900 to 129600 s (default 43200).

    They may do what both the signing user and `policy`, `policy_arns` allow: nothing, without one of them. `source`
    must be long-term credentials of a user.
    """
    members = without_none(
        {
            "name": name,
            "policy": policy,
            "policy_arns": policy_arns,
            "duration_seconds": duration_seconds,
            "tags": tags,
            "minimum_session_token_size": minimum_session_token_size,
        }
    )
    provider = FederationTokenProvider(members, Calls(client, source))
    return refreshing(provider, provider.calls, refresh)


class FederationTokenProvider(Calling):
    """Calls GetFederationToken with these members each time it is asked."""

    __slots__ = ("members",)

    name = "federation_token"
    static_stability = True

    def __init__(self, members: dict[str, Any], calls: Calls) -> None:
        self.members = members
        super().__init__(calls)
        checked(GetFederationTokenCommand(**members))

    def retrieve(self) -> Flow[AWSCredentials]:
        """The federated user's credentials; raises what the source or the service raised."""
        output = yield from self.calls.caller.call(GetFederationTokenCommand(**self.members))
        return issued(output.credentials, self.name, output.federated_user.arn)

    def __repr__(self) -> str:
        return f"FederationTokenProvider({self.members['name']!r})"
