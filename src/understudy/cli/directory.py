"""``understudy directory``: move a directory between YAML files and databases."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

_DATABASE = "URL of a database, such as sqlite:///directory.db or postgresql+psycopg://host/name"


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command and its two."""
    parser = subparsers.add_parser(
        "directory", help="move a directory between files and databases", description=__doc__
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    read = verbs.add_parser("import", help="put everything of a YAML file into a database, all of it or nothing")
    read.add_argument("file", metavar="FILE", help="the YAML file")
    read.add_argument("database", metavar="URL", help=_DATABASE)
    read.set_defaults(run=run_import)
    write = verbs.add_parser("export", help="print a database as YAML; that holds every secret")
    write.add_argument("database", metavar="URL", help=_DATABASE)
    write.set_defaults(run=run_export)


def run_import(namespace: Namespace) -> int:
    """Load the file into the database; what the database holds beside it stays."""
    from understudy.directory.nodes import DirectoryError
    from understudy.directory.opening import open_database
    from understudy.directory.yaml_file import load

    entities = list(load(namespace.file).entities())
    with open_database(namespace.database, poll=0) as directory:
        try:
            directory.load(entities)
        except ValueError as error:
            raise DirectoryError(str(error)) from None
    print(f"{len(entities)} entities imported")
    return 0


def run_export(namespace: Namespace) -> int:
    """Print the YAML on standard output."""
    from understudy.directory.opening import open_database
    from understudy.directory.yaml_export import dumps

    with open_database(namespace.database, poll=0) as directory:
        print(dumps(directory.entities()), end="")
    return 0
