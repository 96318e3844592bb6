"""A child that accepts on its slot's listener, without the gateway: it answers each connection with its slot,
its pid and its drain timeout, and ends when ordered."""

import asyncio
import os
import socket
import sys

from gatewright.server.channel import Parent


async def serve(parent: Parent) -> None:
    job = parent.job()
    loop = asyncio.get_running_loop()
    listener = socket.socket(fileno=job.listener)
    text = f"{job.slot} {os.getpid()} {job.settings.drain_timeout:g}\n".encode()

    def accept() -> None:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        with connection:
            connection.sendall(text)

    parent.watch(loop)
    loop.add_reader(listener, accept)
    parent.say_ready()
    await parent.order()
    loop.remove_reader(listener)


if __name__ == "__main__":
    asyncio.run(serve(Parent(int(sys.argv[1]))))
