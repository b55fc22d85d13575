"""``understudy policy evaluate | explain | who-can-assume`` on files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from understudy.cli import main

ROLE = "arn:aws:iam::111122223333:role/Deploy"
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/app:*"}},
        },
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"},
    ],
}
ALLOW_STS = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "trust.json").write_text(json.dumps(TRUST))
    (tmp_path / "sts.json").write_text(json.dumps(ALLOW_STS))
    directory = {
        "accounts": {
            "111122223333": {
                "users": {"alice": {"policies": {"sts": ALLOW_STS}}, "bob": {}},
                "roles": {"Deploy": {"trust_policy": TRUST, "max_session_duration": 7200}},
            }
        }
    }
    (tmp_path / "accounts.json").write_text(json.dumps(directory))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asking(principal: str, action: str, *more: str) -> list[str]:
    return ["--principal", principal, "--action", action, "--resource", ROLE, "--trust", "trust.json", *more]


@pytest.mark.usefixtures("files")
def test_evaluate_prints_the_verdict_and_exits_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    alice = asking("arn:aws:iam::111122223333:user/alice", "sts:AssumeRole", "--identity", "sts.json")
    assert main(["policy", "evaluate", *alice]) == 0
    assert capsys.readouterr().out == "allow\n"
    bob = asking("arn:aws:iam::111122223333:user/bob", "sts:AssumeRole")
    assert main(["policy", "evaluate", *bob]) == 1
    captured = capsys.readouterr()
    assert captured.out == "implicit deny\n"
    assert captured.err.startswith("hint: ")


@pytest.mark.usefixtures("files")
def test_explain_says_why_and_what_would_be_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    sub = "token.actions.githubusercontent.com:sub=repo:Acme/app:ref:refs/heads/main"
    assert main(["policy", "explain", *asking(PROVIDER, "sts:AssumeRoleWithWebIdentity", "--context", sub)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "the subject is `repo:Acme/app:ref:refs/heads/main`, the policy wants `repo:acme/app:*`: the case differs"
        in out
    )


@pytest.mark.usefixtures("files")
def test_both_have_a_json_form(capsys: pytest.CaptureFixture[str]) -> None:
    bob = asking("arn:aws:iam::111122223333:user/bob", "sts:AssumeRole", "--context", "aws:TagKeys+=a")
    assert main(["policy", "evaluate", "--json", *bob]) == 1
    decision = json.loads(capsys.readouterr().out)
    assert (decision["verdict"], decision["denial"]["type"]) == ("implicit deny", "identity-based policy")
    assert decision["request"]["context"]["aws:TagKeys"] == ["a"]
    main(["policy", "explain", "--json", *bob])
    assert json.loads(capsys.readouterr().out)["context"]["principal"]["arn"].endswith(":user/bob")


def test_a_request_may_come_from_a_file(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = {
        "principal": {"arn": "arn:aws:iam::111122223333:user/alice", "tags": {"team": "red"}},
        "action": "sts:AssumeRole",
        "resource": ROLE,
        "context": {"aws:MultiFactorAuthPresent": True},
    }
    (files / "request.json").write_text(json.dumps(request))
    options = ["--request", "request.json", "--trust", "trust.json", "--identity", "sts.json", "--json"]
    assert main(["policy", "evaluate", *options]) == 0
    context = json.loads(capsys.readouterr().out)["request"]["context"]
    assert (context["aws:MultiFactorAuthPresent"], context["aws:PrincipalTag/team"]) == ("true", "red")


@pytest.mark.usefixtures("files")
def test_who_can_assume_lists_callers_and_conditions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "who-can-assume", "Deploy", "accounts.json"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "arn:aws:iam::111122223333:user/alice",
        f"{PROVIDER}  if the subject is `repo:acme/app:*`",
    ]
    main(["policy", "who-can-assume", "Deploy", "accounts.json", "--format", "json"])
    assert [each["action"] for each in json.loads(capsys.readouterr().out)] == [
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
    ]
    main(["policy", "who-can-assume", "Deploy", "accounts.json", "--format", "dot"])
    assert capsys.readouterr().out.startswith("digraph roles {")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["who-can-assume", "Deplay", "accounts.json"], "role/Deploy"),
        (["who-can-assume", "Deploy", "nowhere.json"], "nowhere.json"),
        (["who-can-assume", "Deploy", "sts.json"], "sts.json"),
        (["evaluate", "--action", "sts:AssumeRole"], "the request has no --principal"),
        (["evaluate", *asking("arn:aws:s3:::b", "sts:AssumeRole")], "cannot be a caller"),
        (["evaluate", *asking("anonymous", "sts:AssumeRole", "--context", "x")], "'x' is no condition key"),
        (["evaluate", *asking("anonymous", "a:b", "--identity", "trust.json")], "$.Statement[0].Principal"),
    ],
)
@pytest.mark.usefixtures("files")
def test_errors_say_what_is_wrong_on_stderr(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert said in captured.err
