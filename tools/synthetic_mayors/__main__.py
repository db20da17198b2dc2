"""The command: `python -m tools.synthetic_mayors OUTDIR` writes the extract and its sidecar.

Belongs here: the argument and the last message. Not here: making the extract (extract.py).
"""

import argparse
import sys
from pathlib import Path

from tools.synthetic_mayors.extract import write_delivery


def main() -> None:
    """Write the delivery into the folder named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.synthetic_mayors", description=__doc__)
    parser.add_argument("outdir", type=Path, help="folder to write into; made when it is missing")
    extract = write_delivery(parser.parse_args().outdir)
    sys.stdout.write(f"{extract}\n")


if __name__ == "__main__":
    main()
