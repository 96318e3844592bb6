"""A child that gets ready and then ignores every order."""

import signal
import sys

from gatewright.server.channel import Parent

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent = Parent(int(sys.argv[1]))
    parent.job()
    parent.say_ready()
    while True:
        signal.pause()
