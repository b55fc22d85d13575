"""google-auth: AWS credentials, or a token that STS signed, exchanged for Google Cloud ones."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from understudy.identity import CredentialSource

AWS_TOKEN_TYPE = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105  (the name of a kind)
JWT_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:jwt"  # noqa: S105


def aws_supplier(source: CredentialSource, *, region: str) -> Any:
    """An ``AwsSecurityCredentialsSupplier``, for ``google.auth.aws.Credentials``, which keeps nothing itself."""
    from google.auth.aws import AwsSecurityCredentials, AwsSecurityCredentialsSupplier

    def get_aws_security_credentials(self: Any, context: Any, request: Any) -> Any:
        given = current(source)
        return AwsSecurityCredentials(given.access_key_id, given.secret_access_key, given.session_token)

    members = {
        "get_aws_security_credentials": get_aws_security_credentials,
        "get_aws_region": lambda self, context, request: region,
    }
    return type("AwsSupplier", (AwsSecurityCredentialsSupplier,), members)()


def credentials(source: CredentialSource, *, audience: str, region: str, **options: Any) -> Any:
    """``google.auth.aws.Credentials`` for the audience of a workload identity pool's AWS provider."""
    from google.auth import aws

    # its constructor has no types
    made: Any = aws.Credentials
    return made(
        audience, AWS_TOKEN_TYPE, aws_security_credentials_supplier=aws_supplier(source, region=region), **options
    )


def token_supplier(token: Callable[[], str]) -> Any:
    """A ``SubjectTokenSupplier``, for ``google.auth.identity_pool.Credentials``, from a function that gives a token."""
    from google.auth.identity_pool import SubjectTokenSupplier

    return type(
        "TokenSupplier", (SubjectTokenSupplier,), {"get_subject_token": lambda self, context, request: token()}
    )()
