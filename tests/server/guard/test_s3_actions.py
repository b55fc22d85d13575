"""Which permissions a request to S3 needs, and that nothing without one passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.server.guard.faults import GuardError
from understudy.server.guard.s3_actions import Permission, required, single_parameters
from understudy.server.guard.targets import Target

SERVICE, BUCKET, OBJECT = Target(), Target("bucket"), Target("bucket", "key")


def actions(method: str, target: Target, *names: str, **headers: str) -> list[str]:
    given_ = {name.replace("_", "-"): value for name, value in headers.items()}
    return [each.action for each in required(method, target, dict.fromkeys(names, ""), given_)]


@pytest.mark.parametrize(
    ("method", "target", "names", "action"),
    [
        ("GET", SERVICE, (), "s3:ListAllMyBuckets"),
        ("GET", BUCKET, (), "s3:ListBucket"),
        ("GET", BUCKET, ("list-type", "prefix"), "s3:ListBucket"),
        ("HEAD", BUCKET, (), "s3:ListBucket"),
        ("GET", BUCKET, ("versions",), "s3:ListBucketVersions"),
        ("GET", BUCKET, ("uploads",), "s3:ListBucketMultipartUploads"),
        ("GET", BUCKET, ("location",), "s3:GetBucketLocation"),
        ("GET", BUCKET, ("encryption",), "s3:GetEncryptionConfiguration"),
        ("PUT", BUCKET, (), "s3:CreateBucket"),
        ("PUT", BUCKET, ("policy",), "s3:PutBucketPolicy"),
        ("PUT", BUCKET, ("cors",), "s3:PutBucketCORS"),
        ("DELETE", BUCKET, ("cors",), "s3:PutBucketCORS"),
        ("DELETE", BUCKET, ("lifecycle",), "s3:PutLifecycleConfiguration"),
        ("DELETE", BUCKET, ("website",), "s3:DeleteBucketWebsite"),
        ("DELETE", BUCKET, (), "s3:DeleteBucket"),
        ("GET", OBJECT, (), "s3:GetObject"),
        ("GET", OBJECT, ("versionId",), "s3:GetObjectVersion"),
        ("HEAD", OBJECT, ("partNumber",), "s3:GetObject"),
        ("GET", OBJECT, ("acl", "versionId"), "s3:GetObjectVersionAcl"),
        ("GET", OBJECT, ("uploadId",), "s3:ListMultipartUploadParts"),
        ("PUT", OBJECT, (), "s3:PutObject"),
        ("PUT", OBJECT, ("uploadId", "partNumber"), "s3:PutObject"),
        ("POST", OBJECT, ("uploads",), "s3:PutObject"),
        ("POST", OBJECT, ("uploadId",), "s3:PutObject"),
        ("PUT", OBJECT, ("tagging",), "s3:PutObjectTagging"),
        ("DELETE", OBJECT, (), "s3:DeleteObject"),
        ("DELETE", OBJECT, ("versionId",), "s3:DeleteObjectVersion"),
        ("DELETE", OBJECT, ("uploadId",), "s3:AbortMultipartUpload"),
    ],
)
def test_the_action_follows_from_method_and_subresource(
    method: str, target: Target, names: tuple[str, ...], action: str
) -> None:
    assert actions(method, target, *names) == [action]


@pytest.mark.parametrize(
    ("headers", "also"),
    [
        ({"x_amz_tagging": "a=b"}, ["s3:PutObjectTagging"]),
        ({"x_amz_acl": "public-read"}, ["s3:PutObjectAcl"]),
        ({"x_amz_acl": "private", "x_amz_grant_read": "id=1"}, ["s3:PutObjectAcl"]),
        ({"x_amz_object_lock_mode": "GOVERNANCE"}, ["s3:PutObjectRetention"]),
        ({"x_amz_object_lock_legal_hold": "ON"}, ["s3:PutObjectLegalHold"]),
        ({"x_amz_meta_acl": "public-read"}, []),
    ],
)
def test_a_header_that_does_more_needs_more(headers: dict[str, str], also: list[str]) -> None:
    assert actions("PUT", OBJECT, **headers) == ["s3:PutObject", *also]


def test_a_copy_needs_to_read_what_it_copies() -> None:
    found = required("PUT", OBJECT, {}, {"x-amz-copy-source": "/other/a%20b"})
    assert found == (Permission("s3:PutObject", OBJECT), Permission("s3:GetObject", Target("other", "a b")))
    version = required("PUT", OBJECT, {}, {"x-amz-copy-source": "other/a?versionId=1"})
    assert version[1].action == "s3:GetObjectVersion"


def test_attributes_need_the_object_too() -> None:
    assert actions("GET", OBJECT, "attributes") == ["s3:GetObjectAttributes", "s3:GetObject"]
    assert actions("GET", OBJECT, "attributes", "versionId")[1] == "s3:GetObjectVersion"


@pytest.mark.parametrize(
    ("method", "target", "names", "code"),
    [
        ("POST", SERVICE, (), "MethodNotAllowed"),
        ("DELETE", SERVICE, (), "MethodNotAllowed"),
        ("POST", BUCKET, (), "MethodNotAllowed"),
        ("PATCH", OBJECT, (), "MethodNotAllowed"),
        ("POST", OBJECT, (), "MethodNotAllowed"),
        ("get", OBJECT, (), "MethodNotAllowed"),
        ("GET", OBJECT, ("torrent",), "NotImplemented"),
        ("GET", OBJECT, ("ACL",), "NotImplemented"),
        ("PUT", OBJECT, ("policy",), "NotImplemented"),
        ("GET", BUCKET, ("acl", "policy"), "InvalidArgument"),
        ("GET", OBJECT, ("acl", "tagging"), "InvalidArgument"),
        ("PUT", OBJECT, ("_method",), "NotImplemented"),
    ],
)
def test_what_has_no_action_does_not_pass(method: str, target: Target, names: tuple[str, ...], code: str) -> None:
    with pytest.raises(GuardError) as caught:
        actions(method, target, *names)
    assert caught.value.code == code


def test_a_parameter_given_twice_could_be_read_in_two_ways() -> None:
    assert single_parameters([("prefix", "a"), ("acl", "")]) == {"prefix": "a", "acl": ""}
    with pytest.raises(GuardError, match="only once"):
        single_parameters([("prefix", "public/"), ("prefix", "secret/")])


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=8),
    st.sampled_from([SERVICE, BUCKET, OBJECT]),
    st.dictionaries(st.text(max_size=8) | st.sampled_from(["acl", "uploads", "versionId", "tagging"]), st.text()),
    st.dictionaries(st.sampled_from(["x-amz-acl", "x-amz-copy-source", "x-amz-tagging"]), st.text()),
)
def test_any_request_needs_something_or_is_refused(
    method: str, target: Target, parameters: dict[str, str], headers: dict[str, str]
) -> None:
    try:
        found = required(method, target, parameters, headers)
    except GuardError:
        return
    assert found
    assert all(each.action.startswith("s3:") for each in found)
