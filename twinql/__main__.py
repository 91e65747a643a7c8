"""`python -m twinql` is the command `twinql`."""

import sys

from twinql.cli import main

sys.exit(main())
