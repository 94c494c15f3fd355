# SPDX-License-Identifier: BSD-2-Clause
"""What programs are attached to is not there, and is never made in the kernel instead; other events are the kernel's."""
import os
import subprocess
import sys
import unittest

from harness import NO_MOUNTS, USERS, DoorTest, main, without_mounts

SOURCES = "/sys/bus/event_source/devices"
# Opens an event by the number of its source: type, config, then what the result is compared with.
OPEN = """
import ctypes, errno, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
kind, config = map(int, sys.argv[1:3])
attr = ctypes.create_string_buffer(struct.pack("IIQ", kind, 112, config) + bytes(96), 112)
fd = libc.syscall(298 if os.uname().machine == "x86_64" else 241, attr, 0, -1, -1, 0)
print("opened" if fd >= 0 else errno.errorcode[ctypes.get_errno()])
"""
CPU_CLOCK = ("1", "0")
TRACEPOINT = ("2", "1")


def number_of(source):
    try:
        with open(f"{SOURCES}/{source}/type", encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        return None


class Events(DoorTest):
    def open_event(self, event, **kwargs):
        return self.run_in_world("python3", "-c", OPEN, *event, **kwargs).strip()

    @unittest.skipIf(without_mounts(), NO_MOUNTS)
    def test_the_kernels_sources_of_events_are_there_but_not_those_of_probes(self):
        if not os.path.isdir(SOURCES):
            self.skipTest("this kernel has no perf events")
        for uid in USERS:
            out = self.run_in_world("sh", "-ec", f"cd {SOURCES}; ls; cat software/type", uid=uid).split()
            self.assertEqual(sorted(out[:-1]), sorted(set(os.listdir(SOURCES)) - {"kprobe", "uprobe"}))
            self.assertEqual(out[-1], "1")

    def test_events_that_programs_are_attached_to_are_not_opened_in_the_kernel(self):
        probes = [(n, "0") for n in map(number_of, ("kprobe", "uprobe")) if n]
        for options in ([], ["--no-mounts"], ["--no-preload"]):
            for event in [TRACEPOINT, *probes]:
                self.assertEqual(self.open_event(event, options=options), "ENOENT", event)

    def test_other_events_are_the_kernels(self):
        outside = subprocess.run([sys.executable, "-c", OPEN, *CPU_CLOCK], capture_output=True, text=True, check=True).stdout.strip()
        self.assertEqual(self.open_event(CPU_CLOCK), outside)

    @unittest.skipIf(without_mounts(), NO_MOUNTS)
    def test_tracing_has_no_events(self):
        for uid in USERS:
            out = self.run_in_world("sh", "-ec", "cd /sys/kernel/tracing; cat available_events available_filter_functions "
                                    "current_tracer; ls events; test -p trace_pipe; test ! -e kprobe_events", uid=uid)
            self.assertEqual(out, "nop\n")


main()
