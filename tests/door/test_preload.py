# SPDX-License-Identifier: BSD-2-Clause
"""libskep-preload.so: the same answers, without system calls."""
import os
import platform
import re
import shutil
import subprocess
import unittest

from harness import NOBODY, RAW, SANITIZED, SKEP, DoorTest, main, program

DYNAMIC = program("SKEP_TEST_DYNAMIC")
PRELOAD = program("SKEP_TEST_PRELOAD")
PRELOADED = program("SKEP_TEST_PRELOADED")
OBJECTS = os.environ["SKEP_TEST_OBJECTS"]
GO_LIKE = program("SKEP_TEST_GO_LIKE")


def kernel_says_itself():
    """Sizes of its structs are those of 6.18."""
    return platform.release().startswith("6.18.") and subprocess.run([RAW, "elements"], capture_output=True, check=False,
                                                                    timeout=60).returncode == 0


@unittest.skipIf(SANITIZED, "a sanitizer wants to be the first library")
class Preload(DoorTest):
    def both(self, *what, client=DYNAMIC):
        """With the library, which skep exec preloads, and without it, as root and as nobody."""
        for uid in {os.getuid(), NOBODY if os.getuid() == 0 else os.getuid()}:
            self.run_in_world(client, *what, uid=uid, options=["--no-preload"])
            self.run_in_world(client, *what, uid=uid)
            self.assertNotIn("cannot be preloaded", self.err)

    def test_elements(self):
        self.both("elements")

    def test_mapped_arrays(self):
        self.both("mmap", "mmap-rules")

    def test_threads(self):
        self.both("threads")

    def test_fds_passed_and_inherited(self):
        self.both("pass", "exec")

    def test_poll_and_select_wait_for_rings(self):
        for uid in {os.getuid(), NOBODY if os.getuid() == 0 else os.getuid()}:
            self.run_in_world(DYNAMIC, "poll", "select", uid=uid)

    def test_values_for_each_cpu_and_prefixes(self):
        self.both("kinds")

    def test_programs_that_make_their_own_system_calls(self):
        self.run_in_world(GO_LIKE, "unseen", "elements")

    def test_children_of_threads(self):
        self.both("fork")

    def test_rings(self):
        self.both("ring")

    def test_an_fd_number_that_changes_hands_is_the_new_map(self):
        self.both("reuse")

    def test_frozen_maps_are_not_written(self):
        self.both("freeze")

    def test_threads_race_with_close(self):
        self.both("race")

    def test_signal_handlers_call_in_the_middle_of_calls(self):
        """Without the library, some of them end with EINTR (docs/differences.md)."""
        self.run_in_world(PRELOADED, "signals")

    def test_calls_that_are_left_by_a_jump(self):
        self.both("faults", client=PRELOADED)

    def test_more_threads_than_expected(self):
        self.both("crowd", client=PRELOADED)

    def test_maps_go_with_their_last_user(self):
        self.both("gone", client=PRELOADED)

    @unittest.skipUnless(kernel_says_itself(), "the kernel may not be asked here, or is another one")
    def test_fdinfo_has_the_kernels_lines(self):
        kernels = subprocess.run([PRELOADED, "fdinfo"], capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertIn("owner_prog_type", kernels)
        self.assertEqual(self.run_in_world(PRELOADED, "fdinfo"), kernels)
        self.assertNotIn("memlock", self.run_in_world(PRELOADED, "fdinfo", options=["--no-preload"]))

    def test_many_elements_at_once(self):
        self.both("batch", client=PRELOADED)

    def test_static_programs_are_not_touched_by_it(self):
        self.run_in_world(RAW, "elements", "threads")

    def test_it_comes_behind_what_is_preloaded_already(self):
        said = self.run_in_world("sh", "-c", "echo $LD_PRELOAD", env=dict(os.environ, LD_PRELOAD="libm.so.6"))
        self.assertRegex(said, r"^libm\.so\.6:/.*/libskep-preload\.so$")

    def test_outside_of_worlds_it_changes_nothing(self):
        done = subprocess.run(["sh", "-c", "echo words"], capture_output=True, env=dict(os.environ, LD_PRELOAD=PRELOAD),
                              timeout=60, check=True)
        self.assertEqual(done.stdout, b"words\n")

    def test_lookups_and_walks_make_no_system_calls(self):
        def cost(*options):
            said = self.run_in_world(DYNAMIC, "bench", options=options)
            return [float(us) for us in re.search(r"lookup ([\d.]+) us, next ([\d.]+) us", said).groups()]
        for slow, fast in zip(cost("--no-preload"), cost()):
            self.assertLess(fast * 10, slow)


if __name__ == "__main__":
    

    @unittest.skipIf(os.getuid() or not shutil.which("bpftool"), "needs bpftool, and addresses that the kernel tells")
    def test_functions_of_programs_have_names(self):
        out = self.run_in_world("sh", "-ec", f"bpftool prog load {OBJECTS}/several.o /sys/fs/bpf/p type xdp; "
                                "bpftool prog dump xlated pinned /sys/fs/bpf/p")
        self.assertRegex(out, r"call pc\+\d+#bpf_prog_[0-9a-f]{16}_count\n")


main()
