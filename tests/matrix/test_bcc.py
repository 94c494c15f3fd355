# SPDX-License-Identifier: BSD-2-Clause
"""Debian's python3-bpfcc: programs compiled by BCC, its tables and its buffers."""
import glob
import os
import subprocess

from harness import Matrix, _stage, main, staged, why_not

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"


def headers():
    """Debian's kernel headers in one tree, as BCC wants them; they are in two. None where they are not installed."""
    builds = sorted(glob.glob("/usr/src/linux-headers-*-amd64"))
    if not builds:
        return None
    tree = os.path.join(_stage, "headers")
    for sub in ("include", "arch/x86/include"):
        os.makedirs(os.path.join(tree, sub))
        for part in (builds[-1].removesuffix("-amd64") + "-common", builds[-1]):
            for name in os.listdir(os.path.join(part, sub)):
                if not os.path.lexists(os.path.join(tree, sub, name)):
                    os.symlink(os.path.join(part, sub, name), os.path.join(tree, sub, name))
    return tree


class Bcc(Matrix):
    def test_tables_buffers_and_runs(self):
        said = self.same([PYTHON, staged(os.path.join(HERE, "bcc_tables.py"))], env=dict(os.environ, BCC_KERNEL_SOURCE=HEADERS))
        self.assertIn("perf 200 7\n", said)
        self.assertIn("stack [3, 2, 1, 0]\nempty\n", said)


if __name__ == "__main__":
    reason = why_not()
    if not reason and subprocess.run([PYTHON, "-c", "import bcc"], capture_output=True, check=False).returncode:
        reason = "Debian's python3-bpfcc is not installed"
    HEADERS = reason or headers()
    main(reason or (None if HEADERS else "Debian's linux-headers-amd64, which BCC compiles with, is not installed"))
