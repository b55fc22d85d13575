"""``understudy token``: tokens that are made from credentials, for clusters and databases."""

from __future__ import annotations

from understudy.cli.options import add_client_options, add_role_options, client_options, credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command and its kinds of token."""
    parser = subparsers.add_parser("token", help="make a token for EKS, RDS and others", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    eks = _kind(kinds, "eks", "the ExecCredential that kubectl reads")
    eks.add_argument("--cluster", required=True, metavar="NAME")
    rds = _kind(kinds, "rds", "the password of a database user with rds_iam, for 15 minutes")
    rds.add_argument("--host", required=True)
    rds.add_argument("--port", type=int, required=True)
    rds.add_argument("--user", required=True)
    dsql = _kind(kinds, "dsql", "the password for an Aurora DSQL cluster")
    dsql.add_argument("--host", required=True)
    dsql.add_argument("--admin", action="store_true", help="for the user admin")
    elasticache = _kind(kinds, "elasticache", "the password of a cache user, for 15 minutes")
    elasticache.add_argument("--cache", required=True, metavar="NAME")
    elasticache.add_argument("--user", required=True)
    _kind(kinds, "msk", "a token for Kafka's OAUTHBEARER, for 15 minutes")
    parser.set_defaults(run=run)


def _kind(kinds: _SubParsersAction[ArgumentParser], name: str, what: str) -> ArgumentParser:
    parser = kinds.add_parser(name, help=what, description=what)
    add_client_options(parser)
    add_role_options(parser)
    return parser


def run(namespace: Namespace) -> int:
    """Print the token, and nothing but the token, on standard output."""
    from understudy import STSClient

    with STSClient(client_options(namespace)) as client:
        region = client.caller.region
    print(_token(namespace, region))
    return 0


def _token(namespace: Namespace, region: str) -> str:
    from understudy import tokens

    source = credentials(namespace)
    if namespace.kind == "eks":
        return tokens.eks_exec_credential(source, cluster=namespace.cluster, region=region)
    if namespace.kind == "rds":
        return tokens.rds_token(source, host=namespace.host, port=namespace.port, user=namespace.user, region=region)
    if namespace.kind == "dsql":
        return tokens.dsql_token(source, host=namespace.host, region=region, admin=namespace.admin)
    if namespace.kind == "elasticache":
        return tokens.elasticache_token(source, cache=namespace.cache, user=namespace.user, region=region)
    return tokens.msk_token(source, region=region)
