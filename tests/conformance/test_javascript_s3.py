"""The S3 client of the AWS SDK for JavaScript works through the guard unchanged, with credentials of an assumed role."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.test_javascript import HERE, project
from tests.server.guard.conftest import BUCKET, CAROL, role, stand_in

pytestmark = pytest.mark.conformance
__all__ = ["project", "role", "stand_in"]
AWKWARD = "js/a file é (1)!'*.txt"


@pytest.fixture(scope="module")
def seen(stand_in: Any, role: Any, project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each step of ``s3.mjs``."""
    props = {
        "url": stand_in.url,
        "bucket": BUCKET,
        "owner": {"accessKeyId": CAROL.access_key_id, "secretAccessKey": CAROL.secret_access_key},
        "reader": {
            "accessKeyId": role["AccessKeyId"],
            "secretAccessKey": role["SecretAccessKey"],
            "sessionToken": role["SessionToken"],
        },
    }
    path = tmp_path_factory.mktemp("s3") / "props.json"
    path.write_text(json.dumps(props))
    shutil.copy(HERE / "s3.mjs", project)
    done = subprocess.run(["node", str(project / "s3.mjs"), str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_lists_and_reads_a_bucket_of_another_account(seen: dict[str, Any]) -> None:
    assert seen["listed"] == [[AWKWARD, 5], ["js/large", 7_000_000]]
    assert (seen["small"], seen["metadata"]) == ("hello", {"note": "b c"})


def test_a_stream_arrives_whole(seen: dict[str, Any]) -> None:
    assert seen["same"] is True


def test_the_role_may_not_write(seen: dict[str, Any]) -> None:
    name, status, message = seen["refused"]
    assert (name, status) == ("AccessDenied", 403)
    assert message.endswith("because no identity-based policy allows the s3:PutObject action")


def test_keys_are_deleted(seen: dict[str, Any]) -> None:
    assert seen["deleted"] == ["js/large"]
