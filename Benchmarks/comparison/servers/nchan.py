"""nginx with nchan, from Debian's packages: in memory, or on Redis."""

import contextlib
import os
import pathlib
import resource
import signal
import string

from .process import Server, free_port, status_of
from .redis import redis
from .target import Target

TEMPLATE = pathlib.Path(__file__).parents[2] / "peers/nchan.conf"
MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"


def configuration(port, workers, redis_port=None):
    """The configuration file's text."""
    storage = f'nchan_use_redis on; nchan_redis_url "redis://127.0.0.1:{redis_port}";' if redis_port else ""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return string.Template(TEMPLATE.read_text()).safe_substitute(
        module=MODULE,
        # nginx drops root's rights; without them there is nothing to drop.
        user="user nobody nogroup;" if os.geteuid() == 0 else "",
        workers=workers,
        connections=max(64, descriptors - 100),
        port=port,
        storage=storage,
    )


@contextlib.contextmanager
def nchan(folder, workers, on_redis=False):
    folder = pathlib.Path(folder)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(redis(folder)) if on_redis else None
        port = free_port()
        folder.chmod(0o755)  # nginx's workers are another user
        (folder / "nginx.conf").write_text(configuration(port, workers, store and store.port))
        nginx = "/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else "nginx"
        server = Server("nginx", [nginx, "-p", f"{folder}/", "-e", "stderr", "-c", "nginx.conf"], folder)
        stack.callback(server.stop, signal.SIGTERM)
        # A message that nobody reads: on Redis it is accepted only once the connection there stands.
        server.wait_until(lambda: status_of(port, "POST", "/pub?id=probe", b"{}") in (201, 202), "accept messages")
        processes = {f"worker {number}": pid for number, pid in enumerate(server.children(), 1)}
        if store:
            processes["redis"] = store.pid
        yield Target(
            webhook=f"http://127.0.0.1:{port}/pub?id={{secret}}",
            socket=f"ws://127.0.0.1:{port}/sub?id={{secret}}",
            signed=False,
            processes=processes,
        )
