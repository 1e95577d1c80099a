#!/usr/bin/python3
"""OpenStack Swift on loopback, by Debian's packages, with its gateway for S3 (s3api, users by tempauth).

One node, one replica, a process each for accounts, containers, objects and the proxy; all it keeps is below DIRECTORY.
Says "ready" on stdout and runs until its stdin ends. For tests only: the keys are on its command line.

    swift-server.py DIRECTORY PORT ACCESS_KEY SECRET_KEY        serves S3; the access key is ACCOUNT:USER
    swift-server.py --check                                     whether what it needs is installed
"""

import ctypes
import importlib
import os
import signal
import socket
import sys

from eventlet.greenio import GreenSocket
from swift.common import utils, wsgi
from swift.common.ring import RingBuilder

# Loaded once, before the processes part.
for name in ("account.server", "container.server", "obj.server", "proxy.server", "common.middleware.s3api.s3api"):
    importlib.import_module(f"swift.{name}")

STORAGE = ("account", "container", "object")
# Enough for a few buckets; a ring of more takes longer to make.
PART_POWER = 4

SWIFT_CONF = """
[swift-hash]
swift_hash_path_suffix = tests
[storage-policy:0]
name = only
default = yes
"""

# On a machine that is busy an update of a container's list that takes longer is put off, by a second as it comes; no
# daemon makes up for it here, and the list would show what was removed.
PATIENCE = """
conn_timeout = 30
node_timeout = 60
container_update_timeout = 60
"""

STORAGE_CONF = """
[DEFAULT]
swift_dir = {directory}
devices = {directory}/devices
mount_check = false
log_level = ERROR
fallocate_reserve = 0
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
{patience}"""

PROXY_CONF = """
[DEFAULT]
swift_dir = {directory}
log_level = ERROR
[pipeline:main]
pipeline = cache s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
{patience}[filter:cache]
paste.filter_factory = __main__:cache_factory
[filter:s3api]
use = egg:swift#s3api
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret_key} .admin
[filter:slo]
use = egg:swift#slo
"""


class Cache:
    """What Swift keeps in memcached; there is one proxy, which can remember it by itself."""

    def __init__(self):
        self.values = {}

    def get(self, key, raise_on_error=False):
        return self.values.get(key)

    def set(self, key, value, serialize=True, time=0, min_compress_len=0, raise_on_error=False):
        self.values[key] = value

    def incr(self, key, delta=1, time=0):
        self.values[key] = int(self.values.get(key, 0)) + delta
        return self.values[key]

    def delete(self, key, server_key=None):
        self.values.pop(key, None)


def cache_factory(_global_conf, **_conf):
    cache = Cache()

    def filter_app(app):
        def call(environ, start_response):
            environ["swift.cache"] = cache
            return app(environ, start_response)

        return call

    return filter_app


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_ring(directory, kind, port):
    builder = RingBuilder(PART_POWER, 1, 0)
    builder.add_dev(
        {"id": 0, "region": 1, "zone": 1, "weight": 1.0, "ip": "127.0.0.1", "port": port, "device": "disk", "meta": ""}
    )
    builder.rebalance()
    builder.get_ring().save(f"{directory}/{kind}.ring.gz")


def start(kind, listener, path):
    """A process that serves until it is killed."""
    child = os.fork()
    if child != 0:
        listener.close()
        return child
    # It ends with its parent, however that ends (PR_SET_PDEATHSIG).
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    utils.eventlet_monkey_patch()
    conf = wsgi.appconfig(path, name=f"{kind}-server")
    wsgi.run_server(conf, utils.get_logger(conf, kind), GreenSocket(listener))
    os._exit(0)


def main(directory, port, access_key, secret_key):
    account, user = access_key.split(":")
    os.makedirs(f"{directory}/devices/disk")
    write(f"{directory}/swift.conf", SWIFT_CONF)
    utils.set_swift_dir(directory)
    listeners = {}
    for kind in STORAGE:
        listeners[kind] = socket.create_server(("127.0.0.1", 0), backlog=128)
        write_ring(directory, kind, listeners[kind].getsockname()[1])
        write(f"{directory}/{kind}.conf", STORAGE_CONF.format(directory=directory, kind=kind, patience=PATIENCE))
    listeners["proxy"] = socket.create_server(("127.0.0.1", int(port)), backlog=128)
    names = {"directory": directory, "account": account, "user": user, "secret_key": secret_key, "patience": PATIENCE}
    write(f"{directory}/proxy.conf", PROXY_CONF.format(**names))
    children = [start(kind, listener, f"{directory}/{kind}.conf") for kind, listener in listeners.items()]
    print("ready", flush=True)
    sys.stdin.read()
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        main(*sys.argv[1:])
