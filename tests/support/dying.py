"""Work of processes that end before it is done, or refuse it. Nothing else is imported, so that they start at once."""

import os
from multiprocessing.connection import Connection


def die(*_: object) -> None:
    """End as a process that the system kills."""
    os._exit(9)


def refuse(connection: Connection, *_: object) -> None:
    """Answer with an error, then wait."""
    connection.recv()
    connection.send(ValueError("refused"))
    connection.recv()
