"""``understudy serve``: run the stand-in on a directory of accounts."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Mapping
    from typing import Any

    from understudy.server.guard import GuardSettings, Upstream
    from understudy.server.run import TLS, Running
    from understudy.server.settings import Settings


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser("serve", help="run the stand-in on a directory of accounts", description=__doc__)
    parser.add_argument(
        "--directory",
        metavar="FILE",
        help="accounts, users and roles: a YAML file or the URL of a database (default: the sample, with public keys)",
    )
    parser.add_argument(
        "--print-sample", action="store_true", help="print the sample directory, to start your own from"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=4566, help="port to listen on, 0 for a free one (default: 4566)")
    parser.add_argument(
        "--keyring", metavar="FILE", help="keys that seal session tokens; without it, new ones each time"
    )
    parser.add_argument("--region", help="take signatures of this region only (default: any)")
    parser.add_argument(
        "--issuer", metavar="URL", help="address that tokens of GetWebIdentityToken name as their issuer"
    )
    parser.add_argument("--source-identity-max", type=int, default=64, metavar="N", help="longest SourceIdentity (64)")
    parser.add_argument("--tls-certificate", metavar="FILE", help="speak HTTPS with this certificate (PEM)")
    parser.add_argument("--tls-key", metavar="FILE", help="the certificate's private key (PEM)")
    parser.add_argument(
        "--s3", action="store_true", help="stand in front of S3 and other services too, kept by moto here"
    )
    parser.add_argument("--s3-upstream", metavar="URL", help="stand in front of this S3-compatible store instead")
    parser.add_argument(
        "--s3-upstream-profile",
        metavar="NAME",
        help="profile whose keys and region sign what goes on to the store (default: as every AWS tool finds them)",
    )
    parser.add_argument("--quiet", action="store_true", help="no line for each request")
    parser.set_defaults(run=run)


def run(namespace: Namespace) -> int:
    """Serve until interrupted; one line of JSON on stdout for each request."""
    from understudy.directory.opening import open_directory
    from understudy.directory.yaml_file import SAMPLE

    if namespace.print_sample:
        print(SAMPLE.read_text(encoding="utf-8"), end="")
        return 0
    from understudy.server.run import serve

    tls, guard = _tls(namespace), _guard(namespace)
    directory = open_directory(namespace.directory or SAMPLE)
    serve(directory, namespace.host, namespace.port, _settings(namespace), tls=tls, guard=guard, ready=_say_where)
    return 0


def _tls(namespace: Namespace) -> TLS | None:
    from understudy.errors import ConfigurationError
    from understudy.server.run import TLS

    if bool(namespace.tls_certificate) != bool(namespace.tls_key):
        raise ConfigurationError("--tls-certificate and --tls-key go together, and one of them is missing")
    return TLS(namespace.tls_certificate, namespace.tls_key) if namespace.tls_key else None


def _guard(namespace: Namespace) -> GuardSettings | None:
    from understudy.errors import ConfigurationError

    if namespace.s3_upstream_profile and not namespace.s3_upstream:
        raise ConfigurationError("--s3-upstream-profile is of no use without --s3-upstream")
    if not namespace.s3 and not namespace.s3_upstream:
        return None
    from understudy.server.guard import GuardSettings

    return GuardSettings(upstream=_upstream(namespace) if namespace.s3_upstream else None)


def _upstream(namespace: Namespace) -> Upstream:
    """The store behind, with keys and region of a profile; both are found before anything listens."""
    from understudy import STSClient, from_ini, from_provider_chain
    from understudy.clock import SYSTEM_CLOCK
    from understudy.server.guard import Upstream

    profile = namespace.s3_upstream_profile
    with STSClient(profile=profile) as lookup:
        credentials = from_ini(profile, client=lookup) if profile else from_provider_chain(client=lookup)
        region = lookup.caller.configuration.value("region") or "us-east-1"
        return Upstream(namespace.s3_upstream, credentials.get(), region, SYSTEM_CLOCK)


def _settings(namespace: Namespace) -> Settings:
    from understudy.server.keyring import KeyRing
    from understudy.server.settings import Settings

    return Settings(
        key_ring=KeyRing.load(namespace.keyring) if namespace.keyring else KeyRing.random(),
        region=namespace.region,
        issuer=namespace.issuer,
        source_identity_max=namespace.source_identity_max,
        log=None if namespace.quiet else _log,
    )


def _say_where(running: Running) -> None:
    print(f"understudy stands in for STS at {running.url}", file=sys.stderr, flush=True)


def _log(record: Mapping[str, Any]) -> None:
    from json import dumps

    print(dumps(record, separators=(",", ":"), ensure_ascii=False), flush=True)
