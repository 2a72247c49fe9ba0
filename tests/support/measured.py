"""What makes a process that a test starts measure its coverage.

It takes twice as long then; so only those at a terminal do, which cover what no other test can.
"""

import os

# Read when the tests are collected, before the environment loses it.
MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
