"""The claims that well-known issuers put into a workload's token, in the shapes of their documentation."""

from __future__ import annotations

from typing import Any


def github_actions(
    *,
    repo: str,
    ref: str = "refs/heads/main",
    environment: str | None = None,
    pull_request: bool = False,
    actor: str = "octocat",
    workflow: str = "CI",
    workflow_file: str = ".github/workflows/ci.yml",
) -> dict[str, Any]:
    """A GitHub Actions job of ``owner/name`` on a ref; the subject follows GitHub's rules.

    An environment beats a pull request, which beats the ref. Source: "OpenID Connect reference", GitHub Docs.
    """
    owner = repo.partition("/")[0]
    context = f"environment:{environment}" if environment else "pull_request" if pull_request else f"ref:{ref}"
    claims: dict[str, Any] = {
        "sub": f"repo:{repo}:{context}",
        "repository": repo,
        "repository_owner": owner,
        "repository_id": _number(repo),
        "repository_owner_id": _number(owner),
        "repository_visibility": "private",
        "actor": actor,
        "actor_id": _number(actor),
        "ref": ref,
        "ref_type": "tag" if ref.startswith("refs/tags/") else "branch",
        "event_name": "pull_request" if pull_request else "push",
        "workflow": workflow,
        "job_workflow_ref": f"{repo}/{workflow_file}@{ref}",
        "run_id": "1",
        "run_attempt": "1",
        "runner_environment": "github-hosted",
    }
    return {**claims, "environment": environment} if environment else claims


def gitlab(
    *, project: str, ref: str = "main", ref_type: str = "branch", ref_protected: bool = True, user: str = "root"
) -> dict[str, Any]:
    """A GitLab CI job of ``group/project``. Source: "OpenID Connect authentication using ID tokens", GitLab Docs."""
    return {
        "sub": f"project_path:{project}:ref_type:{ref_type}:ref:{ref}",
        "namespace_id": _number(project.rpartition("/")[0]),
        "namespace_path": project.rpartition("/")[0],
        "project_id": _number(project),
        "project_path": project,
        "pipeline_source": "push",
        "ref": ref,
        "ref_type": ref_type,
        "ref_protected": "true" if ref_protected else "false",
        "runner_environment": "gitlab-hosted",
        "user_access_level": "developer",
        "user_email": f"{user}@example.com",
        "user_id": _number(user),
        "user_login": user,
    }


def kubernetes(*, namespace: str, service_account: str, pod: str = "pod-0") -> dict[str, Any]:
    """A projected service account token. Source: "Managing Service Accounts", Kubernetes documentation."""
    return {
        "sub": f"system:serviceaccount:{namespace}:{service_account}",
        "kubernetes.io": {
            "namespace": namespace,
            "pod": {"name": pod, "uid": _number(pod)},
            "serviceaccount": {"name": service_account, "uid": _number(service_account)},
        },
    }


def _number(name: str) -> str:
    """A number that stays the same for a name, in place of the issuer's own ids."""
    from zlib import crc32

    return str(crc32(name.encode()))
