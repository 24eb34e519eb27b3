"""OpenStack Swift with its S3 face, whole in one process, for `swift.ts`.

Takes the folder for everything it keeps. Prints the port of the S3 face once requests are answered, and ends with its
standard input.
"""

import os
import sys
import time

folder = sys.argv[1]

import eventlet
from swift.common import utils

utils.eventlet_monkey_patch()

with open(os.path.join(folder, 'swift.conf'), 'w') as file:
    file.write('[swift-hash]\nswift_hash_path_prefix = test\nswift_hash_path_suffix = test\n')
    file.write('[storage-policy:0]\nname = only\ndefault = yes\n')
utils.set_swift_dir(folder)

from eventlet import wsgi as web
from swift.common import wsgi
from swift.common.ring import RingBuilder

STORAGE = '''[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
devices = {folder}
mount_check = false
fallocate_reserve = 0
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
'''

PROXY = '''[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats bulk s3api tempauth slo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:versioned_writes]
use = egg:swift#versioned_writes
'''


class Memory:
    """What Swift asks of memcached, which then is one program less."""

    def __init__(self):
        self.items = {}

    def get(self, key, *_, **__):
        value, end = self.items.get(key, (None, 0))
        return value if end == 0 or end > time.time() else None

    def set(self, key, value, *_, **options):
        lifetime = options.get('time', 0)
        self.items[key] = (value, time.time() + lifetime if lifetime else 0)

    def delete(self, key, *_, **__):
        self.items.pop(key, None)


def remembering(app):
    memory = Memory()

    def answer(environ, start_response):
        environ['swift.cache'] = memory
        return app(environ, start_response)

    return answer


def listen():
    return eventlet.listen(('127.0.0.1', 0), backlog=512)


def serve(name, socket, text):
    path = os.path.join(folder, name + '.conf')
    with open(path, 'w') as file:
        file.write(text)
    app = remembering(wsgi.loadapp(path, global_conf={'log_name': name}))
    # Names of headers as they are: programs look for ETag, not Etag.
    options = {'protocol': wsgi.SwiftHttpProtocol, 'capitalize_response_headers': False, 'socket_timeout': 60}
    return eventlet.spawn(web.server, socket, app, utils.NullLogger(), **options)


def start_storage(name):
    socket = listen()
    port = socket.getsockname()[1]
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'disk', 'weight': 1})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, name + '.ring.gz'))
    return serve(name, socket, STORAGE.format(port=port, folder=folder, name=name))


def end_with_input():
    os.read(0, 1)
    os._exit(0)


os.makedirs(os.path.join(folder, 'disk'))
for kind in ('account', 'container', 'object'):
    start_storage(kind)
front = listen()
server = serve('proxy', front, PROXY.format(folder=folder))
eventlet.patcher.original('threading').Thread(target=end_with_input, daemon=True).start()
print(front.getsockname()[1], flush=True)
server.wait()
