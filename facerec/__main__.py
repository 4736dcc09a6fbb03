"""The command line: the whole application without a browser."""

import sys

from facerec.cli.parser import main

if __name__ == "__main__":
    sys.exit(main())
