# SPDX-License-Identifier: BSD-2-Clause
"""/proc/sys says of BPF what is true in a world, and nothing of it shows outside."""
import os
import subprocess
import unittest

from harness import NO_MOUNTS, SKEP, USERS, DoorTest, main

BPF = "/proc/sys/kernel/unprivileged_bpf_disabled"


def outside():
    with open(BPF, encoding="utf-8") as f:
        return f.read()


@unittest.skipIf(not os.path.exists(BPF), "this kernel has no BPF")
class Sysctls(DoorTest):
    def ask(self, script, **kwargs):
        before = outside()
        out = self.run_in_world("sh", "-ec", script, **kwargs)
        if NO_MOUNTS in self.err:
            self.skipTest(NO_MOUNTS)
        self.assertEqual(outside(), before)
        return out

    def test_nobody_needs_privileges(self):
        for uid in USERS:
            with self.subTest(uid=uid):
                self.assertEqual(self.ask(f"cat {BPF}; ls -A /sys/kernel/tracing | grep -c sysctl || true", uid=uid), "0\n0\n")

    def test_writing_them_stays_inside(self):
        self.ask(f"echo 1 > {BPF} || true")

    def test_a_world_with_a_name_says_the_same_to_all(self):
        name = f"sysctls-{os.getpid()}"
        try:
            for _ in range(2):
                self.assertEqual(self.ask(f"cat {BPF}", options=["-w", name]), "0\n")
        finally:
            subprocess.run([SKEP, "down", name], capture_output=True, check=False)


main()
