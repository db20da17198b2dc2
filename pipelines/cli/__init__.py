"""The command line: `phare VERB …`. Each verb parses its arguments and calls one function.

Belongs here: verbs, their help, what they print, exit codes. Not here: any work. Imports that cost
time are made inside verbs, so that `phare --help` answers at once.
"""

from pipelines.cli.command import main

__all__ = ["main"]
