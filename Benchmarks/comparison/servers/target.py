"""What a generator needs to know of a running server."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Target:
    webhook: str
    socket: str
    signed: bool
    # Names and process ids of everything that works for the server, its Redis too.
    processes: dict

    @property
    def socket_holder(self):
        """The process that holds the sockets."""
        return self.processes.get("egress") or next(iter(self.processes.values()))
