# SPDX-License-Identifier: BSD-2-Clause
"""Runs commands inside worlds, and counts the processes that keep worlds."""
import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

NOBODY = 65534
USERS = sorted({os.getuid(), NOBODY if os.getuid() == 0 else os.getuid()})
NO_MOUNTS = "mount name spaces are forbidden here"
SANITIZED = os.environ.get("SKEP_TEST_SANITIZED") == "1"
_stage = tempfile.mkdtemp(prefix="skep-door-")
os.chmod(_stage, 0o755)
atexit.register(shutil.rmtree, _stage)


def program(name):
    """A program of the build's, where nobody can reach it too (a build under /root is not)."""
    path = shutil.copy(os.environ[name], _stage)
    os.chmod(path, 0o755)
    return path


SKEP = program("SKEP")
RAW = program("SKEP_TEST_RAW")
NOSYS = program("SKEP_TEST_NOSYS")
if not SANITIZED:
    program("SKEP_TEST_PRELOAD")  # skep finds it beside itself


def keepers(word):
    """Processes of `skep` that were started with a certain word on their command line."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as comm, open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                if comm.read() == "skep-world\n" and word.encode() in cmdline.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def outside_mounts():
    """File systems of worlds that are mounted where this runs."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        return [line for line in mounts if re.match(r"(bpf|tracefs|debugfs|skep) /sys/\S+ tmpfs ", line)]


def until(condition, seconds=20):
    """Waits for something that is about to happen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class DoorTest(unittest.TestCase):
    def run_in_world(self, *cmd, code=0, uid=None, options=(), **kwargs):
        done = subprocess.run([SKEP, "exec", *options, "--", *cmd], capture_output=True, timeout=120, user=uid, text=True, **kwargs)
        self.assertEqual(done.returncode, code, f"{cmd}\n{done.stdout}\n{done.stderr}")
        self.err = done.stderr
        return done.stdout


def without_mounts():
    """For somebody, worlds have no name spaces of their own here: in a chroot, or in many containers."""
    def has_them(uid):
        done = subprocess.run([SKEP, "exec", "--", "stat", "-f", "-c", "%t", "/sys/fs/bpf/."], capture_output=True, text=True,
                              timeout=60, user=uid, check=False)
        return done.returncode == 0 and NO_MOUNTS not in done.stderr

    return not all(map(has_them, USERS))


def main():
    probe = subprocess.run([SKEP, "exec", "--", "true"], capture_output=True, timeout=60, check=False)
    if probe.returncode:
        print("skipped: " + probe.stderr.decode().strip())
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=1)
