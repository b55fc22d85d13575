"""A small S3 on loopback: it checks each signature, knows which keys have expired, and keeps objects in memory."""

from __future__ import annotations

from hashlib import md5, sha256
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.doubles.loopback import Answer, Asked, Loopback

from understudy.http import Request
from understudy.sigv4 import CredentialScope, PathStyle, SignatureClaim, signing_key, verify

SECRET = "secret-of-"
"""The secret of a key is this and the key; the session token is ``token-of-`` and the key."""


class Bucket(Loopback):
    """One bucket, ``bucket``. `keys` lists the access key of each request that was let in; `expired` keys are refused."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.objects: dict[str, bytes] = {}
        self.keys: list[str] = []
        self.expired: set[str] = set()
        self.rejected: list[str] = []

    def _answer(self, asked: Asked) -> Answer:
        claim = _claim(asked)
        if claim is None:
            return _error("AccessDenied", 403)
        if claim.access_key_id in self.expired:
            self.rejected.append(claim.access_key_id)
            return _error("ExpiredToken", 400)
        if asked.headers.get("x-amz-security-token") != f"token-of-{claim.access_key_id}":
            return _error("InvalidToken", 400)
        if not _signature_fits(asked, claim):
            return _error("SignatureDoesNotMatch", 403)
        self.keys.append(claim.access_key_id)
        return self._serve(asked)

    def _serve(self, asked: Asked) -> Answer:
        name = unquote(asked.path).removeprefix("/bucket").removeprefix("/")
        if not name:
            return Answer(200, self._listing(asked).encode(), headers={"content-type": "application/xml"})
        if asked.method == "PUT":
            self.objects[name] = _content(asked)
            return Answer(200, headers={"etag": _etag(self.objects[name])})
        if name not in self.objects:
            return Answer(404) if asked.method == "HEAD" else _error("NoSuchKey", 404)
        return _object(asked, self.objects[name])

    def _listing(self, asked: Asked) -> str:
        prefix, delimiter = asked.query.get("prefix", ""), asked.query.get("delimiter")
        names = sorted(name for name in self.objects if name.startswith(prefix))
        folders: set[str] = set()
        if delimiter:
            folders = {
                prefix + n[len(prefix) :].split(delimiter)[0] + delimiter
                for n in names
                if delimiter in n[len(prefix) :]
            }
            names = [name for name in names if delimiter not in name[len(prefix) :]]
        contents = "".join(
            f"<Contents><Key>{escape(n)}</Key><LastModified>2027-01-15T08:00:00.000Z</LastModified>"
            f"<ETag>{_etag(self.objects[n])}</ETag><Size>{len(self.objects[n])}</Size></Contents>"
            for n in names
        )
        common = "".join(f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>" for f in sorted(folders))
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>'
            f"<Prefix>{escape(prefix)}</Prefix><KeyCount>{len(names)}</KeyCount><MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>false</IsTruncated>{contents}{common}</ListBucketResult>"
        )


def _object(asked: Asked, content: bytes) -> Answer:
    headers = {
        "etag": _etag(content),
        "last-modified": "Fri, 15 Jan 2027 08:00:00 GMT",
        "accept-ranges": "bytes",
        "content-type": "application/octet-stream",
    }
    wanted = asked.headers.get("range")
    if wanted is None:
        body = b"" if asked.method == "HEAD" else content
        return Answer(200, body, headers={**headers, "content-length": str(len(content))})
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start = int(first) if first else max(0, len(content) - int(last))
    end = int(last) if first and last else len(content) - 1
    part = content[start : end + 1]
    headers["content-range"] = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
    return Answer(206, part, headers=headers)


def _content(asked: Asked) -> bytes:
    """The body, out of its chunks where the client streams them."""
    if "aws-chunked" not in asked.headers.get("content-encoding", "") and not asked.headers.get(
        "x-amz-content-sha256", ""
    ).startswith("STREAMING-"):
        return asked.body
    content, rest = b"", asked.body
    while rest:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        content, rest = content + rest[:size], rest[size + 2 :]
    return content


def _claim(asked: Asked) -> SignatureClaim | None:
    scheme, _, rest = asked.headers.get("authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        return None
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    key, date, region, service, _ = fields["Credential"].split("/")
    signed = tuple(fields["SignedHeaders"].split(";"))
    scope = CredentialScope(date, region, service)
    return SignatureClaim(key, scope, signed, fields["Signature"], asked.headers.get("x-amz-date", ""))


def _signature_fits(asked: Asked, claim: SignatureClaim) -> bool:
    scope = claim.scope
    request = Request(
        asked.method, asked.headers["host"], asked.raw_path, asked.raw_query, asked.headers.items(), asked.body
    )
    key = signing_key(SECRET + claim.access_key_id, scope.date, scope.region, scope.service)
    given = asked.headers.get("x-amz-content-sha256")
    style = PathStyle.S3 if scope.service == "s3" else PathStyle.DEFAULT
    computed = sha256(asked.body).hexdigest()
    if given and len(given) == 64 and given != computed:
        return False
    return bool(verify(request, claim, key, payload_hash=given or computed, style=style))


def _etag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


def _error(code: str, status: int) -> Answer:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message><RequestId>1</RequestId></Error>'
    return Answer(status, body.encode(), headers={"content-type": "application/xml"})
