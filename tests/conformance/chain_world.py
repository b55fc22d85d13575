"""One loopback server that plays STS, the SSO portal, the container agent and IMDS, and tells who got what from whom."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FAR = "2999-01-01T00:00:00Z"
TOLD = ("ExternalId", "DurationSeconds", "TokenCode", "SourceIdentity", "WebIdentityToken")


class World:
    """Every issued key has a name that tells its whole history: ``role a < role b < AKIASTATIC``."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        world = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer(200, "text/xml", world.sts(dict(parse_qsl(body)), self.headers))

            def do_PUT(self) -> None:
                self._answer(200, "text/plain", "imds-token")

            def do_GET(self) -> None:
                self._answer(*world.get(urlsplit(self.path).path, self.headers))

            def _answer(self, status: int, kind: str, body: str) -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body.encode())))
                self.send_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def issue(self, name: str) -> str:
        key = f"ASIA{hashlib.sha256(name.encode()).hexdigest()[:16].upper()}"
        self.names[key] = name
        return key

    def name(self, access_key_id: str) -> str:
        return self.names.get(access_key_id, access_key_id)

    def sts(self, form: dict[str, str], headers: Any) -> str:
        credential = (headers.get("authorization") or "").partition("Credential=")[2].partition("/")[0]
        signer = f" < {self.name(credential)}" if credential else ""
        told = [f"{name}={form[name]}" for name in TOLD if name in form]
        session = form.get("RoleSessionName", "")
        told += [f"RoleSessionName={session}"] if not session.startswith(("botocore", "understudy")) else []
        role = form["RoleArn"].rpartition("/")[2]
        key = self.issue(f"role {role}{' ' if told else ''}{' '.join(told)}{signer}")
        account = form["RoleArn"].split(":")[4]
        action = form["Action"]
        return (
            f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{action}Result><Credentials>"
            f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>"
            f"<Expiration>{FAR}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId>"
            f"<Arn>arn:aws:sts::{account}:assumed-role/{role}/s</Arn></AssumedRoleUser></{action}Result>"
            f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
        )

    def get(self, path: str, headers: Any) -> tuple[int, str, str]:
        if path == "/latest/meta-data/iam/security-credentials/":
            return 200, "text/plain", "machine"
        if path.startswith("/latest/meta-data/iam/security-credentials/machine"):
            return (
                200,
                "application/json",
                json.dumps({**self._document("imds"), "Code": "Success", "Type": "AWS-HMAC"}),
            )
        if path == "/container":
            authorization = headers.get("authorization")
            return 200, "application/json", json.dumps(self._document(f"container {authorization or 'open'}"))
        if path == "/federation/credentials":
            token = headers.get("x-amz-sso_bearer_token")
            key = self.issue(f"sso {token}")
            role = {"accessKeyId": key, "secretAccessKey": "s", "sessionToken": "token", "expiration": 32472144000000}
            return 200, "application/json", json.dumps({"roleCredentials": role})
        return 404, "text/plain", "no"

    def _document(self, name: str) -> dict[str, str]:
        return {
            "AccessKeyId": self.issue(name),
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": FAR,
            "LastUpdated": "2020-01-01T00:00:00Z",
        }
