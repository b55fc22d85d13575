"""The embedded upstream: moto in this process."""

from __future__ import annotations

from tests.server.guard.conftest import BUCKET, CAROL, entities, s3

from understudy.directory import MemoryDirectory
from understudy.server.guard import GuardSettings
from understudy.server.run import running


def test_a_stand_in_does_not_find_what_an_earlier_one_stored() -> None:
    for _ in range(2):
        with running(MemoryDirectory(entities()), guard=GuardSettings()) as stand_in:
            carol = s3(stand_in, CAROL)
            assert carol.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
            carol.put_object(Bucket=BUCKET, Key="left", Body=b"")
