"""A call to S3 through the guard, from its first byte to the upstream's answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from understudy.directory import Bucket
from understudy.errors import ServiceError
from understudy.server.guard import bucket_policies, forwarding
from understudy.server.guard.conditions import s3_conditions
from understudy.server.guard.deletions import LARGEST, deletions
from understudy.server.guard.embedded import is_taken_by_moto
from understudy.server.guard.exchange import GuardedCall, Outcome, one_piece
from understudy.server.guard.faults import GuardError, denied
from understudy.server.guard.listing import only_of
from understudy.server.guard.requests import check_framing, parameters_of, payload_of, verified
from understudy.server.guard.s3_actions import Permission, required, single_parameters, subresource
from understudy.server.guard.s3_claims import AUTH_PARAMETERS, S3Claim, check_signature, find_key, read_claim
from understudy.server.guard.targets import Target, encoded_key, read_copy_source, read_target
from understudy.sigv4.canonical import UNSIGNED_PAYLOAD, PathStyle, header_values, payload_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from understudy.http import Request
    from understudy.server.guard.payloads import Payload
    from understudy.server.guard.requests import Incoming
    from understudy.server.guard.upstream import Upstream

WHOLE: Final = 1_048_576
"""Bytes up to which a body is verified whole before anything is forwarded. A longer one is forwarded as it is verified,
and its end is held back: what does not verify is never completed upstream."""

_DELETE = "delete"
_SOURCE_OWNER = "x-amz-source-expected-bucket-owner"


class S3Call(GuardedCall):
    """One request to S3."""

    service = "s3"
    _signing_key: bytes | None = None
    _found: S3Claim | None = None
    target = Target()

    @asynccontextmanager
    async def answer(self, incoming: Incoming) -> AsyncIterator[Outcome]:
        request = self.request
        check_framing(request)
        pairs = parameters_of(request)
        self.headers = header_values(request)
        self.target = read_target(request.path, request.host, self.guard.settings.base_hosts)
        self._check_name()
        self._authenticate(pairs)
        self.parameters = single_parameters([pair for pair in pairs if pair[0] not in AUTH_PARAMETERS])
        payload, length = payload_of(self.headers, self._found, self._signing_key, request.method)
        body: bytes | None = None
        if self._is_multiple_deletion():
            body = await self._verified_whole(incoming, payload, LARGEST)
        self._authorize(body)
        upstream = await self.guard.upstream("s3")
        if upstream is None:
            raise GuardError("Service is unable to handle request.", "ServiceUnavailable", 503)
        if self.action in bucket_policies.ACTIONS:
            body = await self._verified_whole(incoming, payload, bucket_policies.LARGEST)
            yield bucket_policies.answer(self, body)
            return
        await self._make_known_buckets(upstream)
        async with self._forwarded(upstream, incoming, payload, length, body) as outcome:
            self._learn(outcome.status)
            yield outcome

    def _check_name(self) -> None:
        name = self.target.bucket
        if name is not None and self.guard.is_embedded and is_taken_by_moto(name):
            raise GuardError("The specified bucket is not valid.", "InvalidBucketName", 400, [("BucketName", name)])

    def _authenticate(self, pairs: Sequence[tuple[str, str]]) -> None:
        region = self.guard.settings.region
        self._found = read_claim(self.request, pairs, self.headers, now=self.moment, region=region)
        if self._found is None:
            return
        source = find_key(self.guard.service.principals, self._found.claim, self.moment)
        self._signing_key = check_signature(self.request, self._found, source)
        self.caller = source.identity
        self._check_region()

    def _check_region(self) -> None:
        """Tokens of the global STS endpoint are not good in regions that an account has to switch on."""
        if self._found is None or self.caller is None:
            return
        try:
            self.guard.service.check_region(self._found.claim.scope.region, self.caller)
        except ServiceError:
            token = [("Token-0", self._found.claim.session_token or "")]
            text = "The provided token is malformed or otherwise invalid."
            raise GuardError(text, "InvalidToken", 400, token) from None

    def _is_multiple_deletion(self) -> bool:
        return self.request.method == "POST" and self.target.key is None and _DELETE in self.parameters

    def _authorize(self, body: bytes | None) -> None:
        """Every permission that the request needs; all of several keys to delete, or none of them is deleted."""
        permissions: Sequence[Permission]
        if body is not None and self.target.bucket is not None:
            subresource(self.parameters)
            permissions = deletions(body, self.target.bucket)
        else:
            permissions = required(self.request.method, self.target, self.parameters, self.headers)
        self.action, self.resource = permissions[0].action, permissions[0].target.arn()
        region = "us-east-1" if self._found is None else self._found.claim.scope.region
        conditions = s3_conditions(self.parameters, self.headers, self._found, self.moment)
        self._check_expected_owners(permissions)
        self.guard.authorizer.require_s3(self.caller, permissions, {**self.context(region), **conditions})

    def _check_expected_owners(self, permissions: Sequence[Permission]) -> None:
        """A caller may say whose it takes the bucket, and the source of a copy, to be; another's is refused."""
        sources = [each.target.bucket for each in permissions if each.target.bucket and each.target != self.target]
        expected = [(self.target.bucket, "x-amz-expected-bucket-owner"), *((name, _SOURCE_OWNER) for name in sources)]
        for name, header in expected:
            owner = self.headers.get(header)
            bucket = self.guard.service.directory.bucket(name or "")
            if owner is not None and bucket is not None and bucket.account != owner:
                raise denied()

    async def _verified_whole(self, incoming: Incoming, payload: Payload, limit: int) -> bytes:
        found = bytearray()
        async for piece in verified(incoming, payload):
            found += piece
            if len(found) > limit:
                raise GuardError("Your proposed upload exceeds the maximum allowed size", "EntityTooLarge")
        return bytes(found)

    @asynccontextmanager
    async def _forwarded(
        self, upstream: Upstream, incoming: Incoming, payload: Payload, length: int, body: bytes | None
    ) -> AsyncIterator[Outcome]:
        pieces = verified(incoming, payload)
        first = body if body is not None else await _first_of(pieces)
        is_whole = body is not None or incoming.ended
        outgoing = self._outgoing(upstream)
        if is_whole:
            outgoing = outgoing.with_headers(*payload.trailers)
            length = len(first)
        hashed = payload_hash(first) if is_whole else UNSIGNED_PAYLOAD
        signed = upstream.signed(outgoing, "s3", hashed, PathStyle.S3)
        rest = one_piece(first) if is_whole else _joined(first, pieces)
        async with upstream.exchange(signed, rest, length) as answer:
            if self.action == "s3:ListAllMyBuckets" and self.caller is not None:
                yield await only_of(self.caller.account.account_id, self.guard.service.directory, answer)
            else:
                yield Outcome(answer.status, answer.headers, answer.body)

    def _outgoing(self, upstream: Upstream) -> Request:
        """The request as it goes on, not yet signed."""
        scheme = upstream.url.partition(":")[0]
        outgoing = forwarding.s3_request(
            self.request.method, upstream.host, scheme, self.target, self.parameters, self.headers
        )
        source = self.headers.get("x-amz-copy-source")
        if source is None:
            return outgoing
        copied, version = read_copy_source(source)
        query = f"?versionId={encoded_key(version)}" if version else ""
        return outgoing.with_headers(("x-amz-copy-source", f"{copied.path}{query}"))

    async def _make_known_buckets(self, upstream: Upstream) -> None:
        """An embedded upstream starts empty: the directory's buckets are made in it when first needed."""
        name = self.target.bucket
        if not self.guard.is_embedded or name is None or name in self.guard.made:
            return
        if self.guard.service.directory.bucket(name) is None:
            return
        made = forwarding.s3_request("PUT", upstream.host, "http", Target(name), {}, {})
        async with upstream.exchange(upstream.signed(made, "s3", None, PathStyle.S3), one_piece(b""), 0) as answer:
            async for _ in answer.body:
                pass
        self.guard.made.add(name)

    def _learn(self, status: int) -> None:
        """Buckets that come and go through the guard are the directory's, where that can be changed."""
        directory, name = self.guard.service.directory, self.target.bucket
        put, remove = getattr(directory, "put", None), getattr(directory, "remove", None)
        if status >= 300 or name is None or self.caller is None or put is None or remove is None:
            return
        bucket = directory.bucket(name)
        if self.action == "s3:CreateBucket" and bucket is None:
            account = self.caller.account
            put(Bucket(account=account.account_id, name=name, partition=account.partition))
            self.guard.made.add(name)
        elif self.action == "s3:DeleteBucket" and bucket is not None:
            remove(bucket)
            self.guard.made.discard(name)


async def _first_of(pieces: AsyncIterator[bytes]) -> bytes:
    """What comes of a body until it ends or there is more than `WHOLE` of it."""
    found = bytearray()
    async for piece in pieces:
        found += piece
        if len(found) > WHOLE:
            break
    return bytes(found)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
