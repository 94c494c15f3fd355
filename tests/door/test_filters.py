# SPDX-License-Identifier: BSD-2-Clause
"""Below seccomp filters that answer bpf(2) themselves, programs that use the C library are in the world all the same."""
import os
import re
import shutil
import subprocess
import sys
import unittest

from harness import NOBODY, NOSYS, RAW, SANITIZED, SKEP, main, program

DYNAMIC = program("SKEP_TEST_DYNAMIC")
FILTERS = {"a kernel without bpf(2)": [NOSYS], "a container": [NOSYS, "--container"],
           "no notification": [NOSYS, "--no-notification"]}
MAP = "bpftool map create /sys/fs/bpf/m type hash key 4 value 8 entries 10 name below"


class Below(unittest.TestCase):
    def below(self, *cmd, options=(), code=0):
        """Runs it in a world below each filter, as root and as nobody."""
        for name, outer in FILTERS.items():
            for uid in {os.getuid(), NOBODY if os.getuid() == 0 else os.getuid()}:
                with self.subTest(below=name, uid=uid):
                    done = subprocess.run([*outer, SKEP, "exec", *options, "--", *cmd], capture_output=True, text=True,
                                          timeout=120, user=uid)
                    self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                    yield done

    def each(self, *cmd, **kwargs):
        return list(self.below(*cmd, **kwargs))


@unittest.skipIf(SANITIZED, "a sanitizer wants to be the first library")
class Dynamic(Below):
    def test_elements(self):
        self.each(DYNAMIC, "elements")

    def test_mapped_arrays(self):
        self.each(DYNAMIC, "mmap")

    def test_threads_while_signals_arrive(self):
        self.each(DYNAMIC, "threads")

    def test_fds_passed_and_inherited(self):
        self.each(DYNAMIC, "pass", "exec")

    def test_rings(self):
        self.each(DYNAMIC, "ring", "poll")

    def test_fd_numbers_that_change_hands(self):
        self.each(DYNAMIC, "reuse")

    def test_those_who_say_nothing_over_the_socket_keep_nobody_out(self):
        script = ("import os, socket, subprocess, sys\n"
                  "held = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(100)]\n"
                  "for s in held: s.connect('\\0' + os.environ['SKEP_DOOR'])\n"
                  "sys.exit(subprocess.call(sys.argv[1:], timeout=60))")
        done = subprocess.run([*FILTERS["no notification"], SKEP, "exec", "--", sys.executable, "-c", script, DYNAMIC,
                               "elements"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipIf(not shutil.which("bpftool"), "no bpftool")
    def test_bpftool(self):
        for done in self.each("sh", "-c", MAP + " && bpftool map show pinned /sys/fs/bpf/m"):
            self.assertIn("name below", done.stdout)

    @unittest.skipIf(not shutil.which("bpftool"), "no bpftool")
    def test_named_worlds(self):
        name = f"below-{os.getpid()}"
        self.addCleanup(subprocess.run, [SKEP, "down", name], capture_output=True, timeout=60)
        for outer in FILTERS.values():
            with self.subTest(outer=outer):
                self.named(outer, name)

    def named(self, outer, name):
        for script in (MAP, "bpftool map show pinned /sys/fs/bpf/m"):
            done = subprocess.run([*outer, SKEP, "exec", "-w", name, "--", "sh", "-c", script], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("name below", done.stdout)
        subprocess.run([SKEP, "down", name], capture_output=True, timeout=60, check=True)


@unittest.skipIf(SANITIZED, "a sanitizer wants to be the first library")
class Said(Below):
    def test_what_is_lost_is_said_in_one_line(self):
        for done in self.each("true"):
            self.assertRegex(done.stderr, r"^skep: .*static programs.*\n$")
        for done in self.each("true", options=["--quiet"]):
            self.assertEqual(done.stderr, "")

    def test_static_programs_get_the_filters_answer(self):
        for done in self.each(RAW, "elements", code=1):
            self.assertTrue(re.search("Function not implemented|Operation not permitted", done.stderr), done.stderr)

    def test_without_the_library_there_is_no_way(self):
        for done in self.each("true", options=["--no-preload"], code=2):
            self.assertIn("--no-preload forbids it", done.stderr)


if __name__ == "__main__":
    main()
