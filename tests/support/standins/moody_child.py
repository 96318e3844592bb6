"""A child that does not start with a drain timeout of 13 seconds, and is an `echo_child` with any other."""

import asyncio
import sys

from tests.support.standins import echo_child

from gatewright.server.channel import Job, Parent


class MoodyParent(Parent):
    def job(self) -> Job:
        job = super().job()
        if job.settings.drain_timeout == 13.0:
            sys.exit(5)
        return job


if __name__ == "__main__":
    asyncio.run(echo_child.serve(MoodyParent(int(sys.argv[1]))))
