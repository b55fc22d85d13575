"""The stand-in over real sockets."""

from socket import create_connection

import boto3
import botocore.exceptions
import pytest

from understudy.directory.yaml_file import SAMPLE, load
from understudy.errors import ConfigurationError
from understudy.server.run import TLS, running

ALICE = ("AKIARZPUZDIKAEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
BOB = ("AKIARZPUZDIKBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")


@pytest.fixture
def stand_in():
    with running(load(SAMPLE)) as started:
        yield started


def client(stand_in, key_id, secret, token=None):
    return boto3.client(
        "sts",
        endpoint_url=stand_in.url,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def test_boto3_assumes_the_roles_of_the_example(stand_in):
    alice = client(stand_in, *ALICE)
    assert alice.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/alice"
    for name in ("CrossAccountRole", "S3ReadRole"):
        arn = f"arn:aws:iam::987654321098:role/{name}"
        given = alice.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
        session = client(stand_in, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::987654321098:assumed-role/{name}/s1"


def test_boto3_is_refused_for_bob(stand_in):
    arn = "arn:aws:iam::987654321098:role/CrossAccountRole"
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client(stand_in, *BOB).assume_role(RoleArn=arn, RoleSessionName="s1")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate of 127.0.0.1, and its key."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return TLS(str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem"))


def test_https(certificate):
    with running(load(SAMPLE), tls=certificate) as stand_in:
        assert stand_in.url.startswith("https://127.0.0.1:")
        alice = boto3.client(
            "sts",
            endpoint_url=stand_in.url,
            region_name="us-east-1",
            aws_access_key_id=ALICE[0],
            aws_secret_access_key=ALICE[1],
            verify=certificate.certificate,
        )
        assert alice.get_caller_identity()["Account"] == "123456789012"


def test_a_certificate_that_cannot_be_used(tmp_path):
    with (
        pytest.raises(ConfigurationError, match="cannot use the certificate"),
        running(load(SAMPLE), tls=TLS(str(tmp_path / "none"), str(tmp_path / "none"))),
    ):
        pass


def test_ipv6_and_ports_that_cannot_be():
    with running(load(SAMPLE), host="::1") as stand_in:
        assert stand_in.url.startswith("http://[::1]:")
    with pytest.raises(ConfigurationError, match="cannot listen"), running(load(SAMPLE), port=65_536):
        pass


def test_many_requests_on_one_connection_and_in_pieces(stand_in):
    head = b"GET /path HTTP/1.1\r\nhost: x\r\n\r\n"
    with create_connection((stand_in.host, stand_in.port)) as connection:
        connection.settimeout(10)
        connection.sendall(head * 20 + head[:10])
        received = b""
        while received.count(b"<UnknownOperationException/>") < 20:
            received += connection.recv(65_536)
        connection.sendall(head[10:])
        while received.count(b"<UnknownOperationException/>") < 21:
            received += connection.recv(65_536)
    assert received.count(b"HTTP/1.1 404") == 21
