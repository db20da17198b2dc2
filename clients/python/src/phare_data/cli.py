"""`phare-data`: verifying and listing from the command line, in French or English.

Belongs here: arguments and what is printed. Not here: the work (verifier, catalog.py).
"""

import argparse
import json
import os
import sys
from pathlib import Path

from phare_data.errors import ExitCode, PhareDataError
from phare_data.texts import LANGUAGES, say


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with a documented code; a user's mistake has no traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    _set_language(given)
    asked = _parser().parse_args(given)
    try:
        code = _verify(asked) if asked.verb == "verify" else _list(asked)
    except PhareDataError as error:
        print(error.text(), file=sys.stderr)
        code = error.exit_code
    sys.exit(int(code))


def _set_language(given: list[str]) -> None:
    """Let `--lang` decide before the help is written."""
    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--lang", choices=LANGUAGES)
    lang = early.parse_known_args(given)[0].lang
    if lang:
        os.environ["PHARE_LANG"] = lang


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--lang", choices=LANGUAGES, help=say("cli-lang"))
    shared.add_argument("--json", action="store_true", help=say("cli-json"))
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="phare-data", description=say("cli-about"), epilog=say("cli-exit-codes")
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verify|list")
    verify = verbs.add_parser(
        "verify", parents=[shared], help=say("cli-verify"), description=say("cli-verify"),
        epilog=f"{say('cli-verify-examples')}\n\n{say('cli-exit-codes')}", formatter_class=plain,
    )  # fmt: skip
    verify.add_argument("paths", nargs="+", metavar="PATH|URL", help=say("cli-paths"))
    verify.add_argument("--public-key", type=Path, metavar="FILE", help=say("cli-public-key"))
    verify.add_argument(
        "--require-signature", action="store_true", help=say("cli-require-signature")
    )
    listed = verbs.add_parser(
        "list", parents=[shared], help=say("cli-list"), description=say("cli-list"),
        epilog=say("cli-exit-codes"), formatter_class=plain,
    )  # fmt: skip
    listed.add_argument("source", nargs="?", metavar="PATH|URL", help=say("cli-source"))
    return parser


def _verify(asked: argparse.Namespace) -> ExitCode:
    from phare_data.verifier import verify_all

    found = [
        one
        for path in asked.paths
        for one in verify_all(
            path, public_key=asked.public_key, require_signature=asked.require_signature
        )
    ]
    if asked.json:
        print(json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=1))
    else:
        print("\n".join(one.text() for one in found))
    return ExitCode.DONE if all(one.is_sound for one in found) else ExitCode.VERIFICATION


def _list(asked: argparse.Namespace) -> ExitCode:
    from phare_data.catalog import catalog
    from phare_data.texts import default_language

    found = catalog(asked.source, labels=default_language())
    if asked.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return ExitCode.DONE
    for one in found:
        if one["version"] is None:
            print(f"{one['study']}  {say('cli-list-none')}")
            continue
        note = f"  ({say('cli-list-synthetic')})" if one["synthetic"] else ""
        print(f"{one['study']}  {one['version']}  {one['released']}  {one['title']}{note}")
        print(f"    {', '.join(one['tables'])}")
    return ExitCode.DONE
