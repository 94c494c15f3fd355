# SPDX-License-Identifier: BSD-2-Clause
"""Runs the skep command in a directory of its own and looks at what it says."""
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

SKEP = os.path.abspath(os.environ["SKEP"])
OBJECTS = os.path.abspath(os.environ["SKEP_TEST_OBJECTS"])


def obj(name):
    return os.path.join(OBJECTS, name + ".o")


def frame(first, length=64):
    """An Ethernet frame whose first byte behind the header is given."""
    return (bytes(6) + b"\2" * 6 + b"\x08\x00" + bytes([first])).ljust(length, b"\0")


def pcap(frames, link=1, magic=0xA1B2C3D4):
    out = struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for i, data in enumerate(frames):
        out += struct.pack("<IIII", 1000 + i, i, len(data), len(data)) + data
    return out


def pcap_frames(data):
    at, out = 24, []
    while at < len(data):
        sec, sub, caplen, _ = struct.unpack_from("<IIII", data, at)
        out.append((sec, sub, data[at + 16:at + 16 + caplen]))
        at += 16 + caplen
    return out


class CommandTest(unittest.TestCase):
    def setUp(self):
        self._dir = tempfile.TemporaryDirectory(prefix="skep-cli-")
        self.addCleanup(self._dir.cleanup)

    def path(self, name):
        return os.path.join(self._dir.name, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def skep(self, *args, code=0, stdin=b""):
        done = subprocess.run([SKEP, *args], input=stdin, capture_output=True, timeout=60, cwd=self._dir.name)
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")
        self.raw = done.stdout
        self.assertEqual(done.returncode, code, f"{args}\n{self.out}\n{self.err}")
        return self.out

    def run_json(self, *args, **kwargs):
        return json.loads(self.skep("run", "--json", *args, **kwargs))

    def complaint(self, *args, code=2):
        """The command refuses, with one sentence on stderr; returns it."""
        self.skep(*args, code=code)
        self.assertEqual(self.out, "")
        self.assertTrue(self.err.startswith("skep: "), self.err)
        return self.err


def main():
    unittest.main(argv=sys.argv[:1], verbosity=1)
