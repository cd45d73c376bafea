"""The executable's side of the nursery: SOCKET PID_FILE MODULE ARGUMENTS... Standard library only, to start fast."""

import json
import os
import signal
import socket
import sys

_, path, pid_file, *arguments = sys.argv
request = {"pid_file": pid_file, "arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
with socket.socket(socket.AF_UNIX) as nursery:
    nursery.connect(path)
    socket.send_fds(nursery, [json.dumps(request).encode()], [0, 1, 2])
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    status = json.loads(nursery.recv(64))
if os.WIFSIGNALED(status):
    if os.WTERMSIG(status) != signal.SIGKILL:
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
os._exit(os.WEXITSTATUS(status))
