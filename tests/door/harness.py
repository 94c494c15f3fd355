# SPDX-License-Identifier: BSD-2-Clause
"""Runs commands inside worlds, and counts the processes that keep worlds."""
import os
import subprocess
import sys
import time
import unittest

SKEP = os.path.abspath(os.environ["SKEP"])
RAW = os.path.abspath(os.environ["SKEP_TEST_RAW"])
NOSYS = os.path.abspath(os.environ["SKEP_TEST_NOSYS"])
NOBODY = 65534


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


def until(condition, seconds=20):
    """Waits for something that is about to happen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class DoorTest(unittest.TestCase):
    def run_in_world(self, *cmd, code=0, uid=None, **kwargs):
        done = subprocess.run([SKEP, "exec", "--", *cmd], capture_output=True, timeout=120, user=uid, text=True, **kwargs)
        self.assertEqual(done.returncode, code, f"{cmd}\n{done.stdout}\n{done.stderr}")
        self.err = done.stderr
        return done.stdout


def main():
    probe = subprocess.run([SKEP, "exec", "--", "true"], capture_output=True, timeout=60, check=False)
    if probe.returncode:
        print("skipped: " + probe.stderr.decode().strip())
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=1)
