"""The sign-in service's token endpoint: it verifies each DPoP proof (RFC 9449) and rotates the refresh token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.doubles.loopback import Answer, Asked, Loopback
from tests.doubles.sso import text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.clock import FakeClock

LOGIN_SESSION = "arn:aws:iam::111122223333:user/alice"
KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: Any = KEY) -> str:
    """As `aws login` stores it: SEC 1 in PEM."""
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode())


class SignIn(Loopback):
    """`skew` is how far its clock is ahead of the client's, in seconds; it takes proofs of the last 5 minutes."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(self._answer)
        self.clock = clock
        self.skew = 0.0
        self.refresh_token = "refresh-0"
        self.issued = 0
        self.proofs: set[str] = set()
        self.refusal: str | None = None

    def cached(self, directory: Path, *, left: float = 600, **changes: Any) -> Path:
        document = {
            "accessToken": {
                "accessKeyId": "ASIALOGIN0",
                "secretAccessKey": "login-secret-0",
                "sessionToken": "login-session-0",
                "accountId": "111122223333",
                "expiresAt": text(self.clock.now + left),
            },
            "tokenType": "aws_sigv4",
            "clientId": "arn:aws:signin:::devtools/same-device",
            "refreshToken": self.refresh_token,
            "idToken": "theirs",
            "dpopKey": pem(),
        }
        path = directory / f"{sha256(LOGIN_SESSION.encode()).hexdigest()}.json"
        path.write_text(json.dumps({k: v for k, v in (document | changes).items() if v is not None}))
        return path

    def _answer(self, asked: Asked) -> Answer:
        given = asked.json
        if asked.path != "/v1/token" or asked.method != "POST" or given["grantType"] != "refresh_token":
            return _error("INVALID_REQUEST", 400)
        date = {"date": _http_date(self.clock.now + self.skew)}
        if not self._proves(asked):
            return _error("INVALID_REQUEST", 400, **date)
        if self.refusal:
            return _error(self.refusal, 401, **date)
        if given["refreshToken"] != self.refresh_token or not given["clientId"].startswith("arn:aws:signin:"):
            return _error("TOKEN_EXPIRED", 401, **date)
        self.issued += 1
        self.refresh_token = f"refresh-{self.issued}"
        token = {
            "accessKeyId": f"ASIALOGIN{self.issued}",
            "secretAccessKey": f"login-secret-{self.issued}",
            "sessionToken": f"login-session-{self.issued}",
        }
        return Answer.of(
            {"accessToken": token, "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": self.refresh_token},
            **date,
        )

    def _proves(self, asked: Asked) -> bool:
        """RFC 9449, section 4.3."""
        header_part, claims_part, signature_part = asked.headers["dpop"].split(".")
        header, claims = json.loads(_decode(header_part)), json.loads(_decode(claims_part))
        x, y = (int.from_bytes(_decode(header["jwk"][name])) for name in "xy")
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        signature = _decode(signature_part)
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        try:
            key.verify(encode_dss_signature(r, s), f"{header_part}.{claims_part}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        fresh = abs(claims["iat"] - (self.clock.now + self.skew)) <= 300 and claims["jti"] not in self.proofs
        self.proofs.add(claims["jti"])
        named = header["typ"] == "dpop+jwt" and header["alg"] == "ES256" and header["jwk"]["crv"] == "P-256"
        ours = key.public_numbers() == KEY.public_key().public_numbers() and "d" not in header["jwk"]
        return fresh and named and ours and claims["htm"] == "POST" and claims["htu"] == f"{self.url}/v1/token"


def _decode(part: str) -> bytes:
    assert "=" not in part
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _http_date(seconds: float) -> str:
    from email.utils import formatdate

    return formatdate(seconds, usegmt=True)


def _error(error: str, status: int, **headers: str) -> Answer:
    return Answer.of(
        {"error": error, "message": "not now"}, status, **{"x-amzn-errortype": "AccessDeniedException", **headers}
    )
