"""`python -m factory`, the same as the command `factory`."""

import sys

from factory.command import main

sys.exit(main())
