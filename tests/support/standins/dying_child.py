"""A child that dies as soon as it is ready."""

import sys

from gatewright.server.channel import Parent

if __name__ == "__main__":
    parent = Parent(int(sys.argv[1]))
    parent.job()
    parent.say_ready()
    sys.exit(4)
