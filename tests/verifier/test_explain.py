# SPDX-License-Identifier: BSD-2-Clause
"""Classic mistakes, each a program of its own in explain/, and word for word what skep verify says of it: with the
options that the source names behind "skep verify", if it does.

EXPLAIN_UPDATE=1 writes what is said now over what is expected: read the difference before you commit it.
"""
import glob
import os
import re
import subprocess
import sys
import unittest

SKEP, OBJECTS = os.path.abspath(os.environ["SKEP"]), os.environ["SKEP_TEST_OBJECTS"]
MISTAKES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "explain")


class Explain(unittest.TestCase):
    maxDiff = None

    def test_every_mistake_is_explained_so_that_one_reading_is_enough(self):
        sources = sorted(glob.glob(MISTAKES + "/*.bpf.c"))
        self.assertGreaterEqual(len(sources), 20)
        for source in sources:
            name = os.path.basename(source)[: -len(".bpf.c")]
            with open(source) as f:
                options = re.findall(r"skep verify((?: --[\w-]+)+)", f.read())
            done = subprocess.run([SKEP, "verify", *" ".join(options).split(), os.path.join(OBJECTS, name + ".o")],
                                  capture_output=True, text=True, timeout=60)
            with self.subTest(name):
                self.assertEqual((done.returncode, done.stderr), (1, ""))
                expected = os.path.join(MISTAKES, name + ".txt")
                if os.environ.get("EXPLAIN_UPDATE"):
                    with open(expected, "w") as f:
                        f.write(done.stdout)
                with open(expected) as f:
                    self.assertEqual(done.stdout, f.read())


unittest.main(argv=sys.argv[:1], verbosity=1)
