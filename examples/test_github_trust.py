"""A test of a GitHub Actions trust policy: it fails when the condition is loosened.

Run it with ``pytest examples/test_github_trust.py``; the stand-in runs in the test's process, and no request leaves
the machine.
"""

from __future__ import annotations

import pytest

from understudy.testing import StandIn

PROVIDER = "token.actions.githubusercontent.com"
DEPLOY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{PROVIDER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{PROVIDER}:aud": "sts.amazonaws.com",
                    # Try "StringLike" with "repo:octo/*": the tests below fail, and say why.
                    f"{PROVIDER}:sub": "repo:octo/app:ref:refs/heads/main",
                },
            },
        }
    ],
}


@pytest.fixture
def deploy(understudy: StandIn) -> str:
    return understudy.role("Deploy", DEPLOY).arn


def test_main_may_deploy(understudy: StandIn, deploy: str) -> None:
    attempt = understudy.assert_workflow_can_assume(deploy, repo="octo/app", ref="refs/heads/main")
    assert attempt.credentials is not None


@pytest.mark.parametrize(
    "job",
    [
        {"repo": "octo/app", "ref": "refs/heads/feature"},
        {"repo": "octo/app", "pull_request": True},
        {"repo": "octo/app", "environment": "staging"},
        {"repo": "octo/other"},
        {"repo": "evil/app"},
    ],
    ids=["another branch", "a pull request", "an environment", "another repository", "another owner"],
)
def test_nothing_else_may(understudy: StandIn, deploy: str, job: dict[str, object]) -> None:
    understudy.assert_workflow_cannot_assume(deploy, **job)  # type: ignore[arg-type]
