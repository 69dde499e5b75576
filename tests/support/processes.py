"""Other processes of this machine: finding the jobs of a test, and waiting for what they do."""

import os
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path


def find_processes(*words, variable=None, folder=None):
    """Processes whose command line has all words, with this variable ("NAME=value") and working folder where given."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if variable is not None and variable.encode() not in (entry / "environ").read_bytes().split(b"\0"):
                continue
            if folder is not None and (entry / "cwd").resolve() != folder.resolve():
                continue
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if all(word in command for word in words):
                yield int(entry.name)


def without_shells(processes):
    """Of these processes, those that run Python, without the shells around them."""
    for process in processes:
        with suppress(OSError):
            if "python" in Path(f"/proc/{process}/exe").readlink().name:
                yield process


def alive(process):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds, what):
    """The first true value of a condition that is asked again and again.

    Raises:
        TimeoutError: it did not come true in time.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)
    return found


@contextmanager
def folder_for_all():
    """A folder that other users may enter."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def told_to_nobody(call):
    """What a call raises in a process without the rights of root, as text; "" if nothing."""
    receive, send = os.pipe()
    if not (child := os.fork()):
        said = ""
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            call()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(send, said.encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said
