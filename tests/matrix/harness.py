# SPDX-License-Identifier: BSD-2-Clause
"""
Runs unmodified programs on the kernel and in worlds, and compares what they say.

A world is entered as root, as nobody, and as nobody below a seccomp filter that answers ENOSYS to bpf(2), as a kernel
without it does: whatever leaked through to the kernel would fail there.
"""
import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

NOBODY = 65534
SANITIZED = os.environ.get("SKEP_TEST_SANITIZED") == "1"
BUILD = os.environ["SKEP_TEST_MATRIX"]  # where the build has put what the tests need
_stage = tempfile.mkdtemp(prefix="skep-matrix-")
os.chmod(_stage, 0o755)
atexit.register(shutil.rmtree, _stage)


def staged(path):
    """A file of the build's, where nobody can reach it too (a build under /root is not)."""
    path = shutil.copy(path, _stage)
    os.chmod(path, 0o755)
    return path


SKEP = staged(os.environ["SKEP"])
NOSYS = staged(os.environ["SKEP_TEST_NOSYS"])
if "SKEP_TEST_PRELOAD" in os.environ:
    staged(os.environ["SKEP_TEST_PRELOAD"])  # skep looks for it beside itself

ROOT, UNPRIVILEGED, NO_BPF = "as root", "as nobody", "as nobody, below a filter that answers bpf(2) with ENOSYS"


def in_world(way, *options):
    """The words before a command that put it into a world."""
    below = [NOSYS] if way == NO_BPF else []
    return [*below, SKEP, "exec", "--quiet", *options, "--"]


def run(cmd, way=ROOT, seconds=120, **kwargs):
    return subprocess.run(cmd, capture_output=True, text=True, errors="replace", timeout=seconds, cwd=kwargs.pop("cwd", "/"),
                          user=None if way == ROOT else NOBODY, stdin=subprocess.DEVNULL, check=False, **kwargs)


# A listing of all the kernel's objects trips over those that other tests drop meanwhile.
DROPPED = re.compile(r"can't get \w+ by id \(\d+\): No such file")


def on_kernel(cmd, **kwargs):
    """With a bpf file system of its own, which ends with the command."""
    for _ in range(20):
        done = run(["unshare", "-m", "sh", "-c", 'mount -t bpf bpf /sys/fs/bpf && exec "$@"', "sh", *cmd], **kwargs)
        if not DROPPED.search(done.stdout + done.stderr):
            break
    return done


def why_not(*programs):
    """Why there is nothing to compare here: None when there is."""
    for program in programs:
        if not shutil.which(program):
            return f"there is no {program}"
    if os.getuid():
        return "only root may ask the kernel"
    probe = on_kernel([os.environ["SKEP_TEST_RAW"], "elements"])
    if probe.returncode:
        return "the kernel may not be asked here: " + (probe.stdout + probe.stderr).strip()
    probe = run(in_world(ROOT) + ["true"])
    return probe.stderr.strip() if probe.returncode else None


# What the preload library answers in fdinfo's place. A sanitized library cannot be in programs that are not: there, the
# kernel says nothing of it, about a memfd.
FDINFO = [
    (r"(?m)^\towner_prog_type.*\n", ""),
    (r"  (memlock \d+B|frozen)", ""),
    (r'(?m)^ *"(bytes_memlock|owner_prog_type|owner_jited|frozen)": .*\n', ""),
    (r'"(bytes_memlock|owner_prog_type|owner_jited|frozen)":[^,}]*,?', ""),
] if SANITIZED else []


class Matrix(unittest.TestCase):
    WAYS = (ROOT, UNPRIVILEGED, NO_BPF)
    NOISE = ()  # (pattern, text): what may differ
    maxDiff = None

    def plain(self, text):
        for pattern, to in self.NOISE:
            text = re.sub(pattern, to, text)
        return text

    def same(self, cmd, ways=None, options=(), **kwargs):
        """The command says the same everywhere, and ends with the same status; what it said on the kernel."""
        kernel = on_kernel(cmd, **kwargs)
        self.assertNotEqual(kernel.stdout + kernel.stderr, "", "the kernel said something")
        for way in ways or self.WAYS:
            if way == NO_BPF and SANITIZED:
                continue  # a sanitizer wants to be the first library, and dynamic programs need skep's there
            with self.subTest(world=way):
                done = run(in_world(way, *options) + list(cmd), way, **kwargs)
                self.assertEqual(self.plain(done.stdout), self.plain(kernel.stdout), done.stderr)
                self.assertEqual(self.plain(done.stderr), self.plain(kernel.stderr))
                self.assertEqual(done.returncode, kernel.returncode)
        return kernel.stdout + kernel.stderr


def main(reason=None):
    if reason:
        print("skipped: " + reason)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=1)
