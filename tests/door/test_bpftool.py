# SPDX-License-Identifier: BSD-2-Clause
"""Debian's bpftool says the same inside a world as on the kernel, but for ids, times and what belongs to the machine."""
import os
import re
import shutil
import subprocess
import unittest

from harness import NOBODY, SKEP, DoorTest, main

OBJECT = os.path.join(os.environ["SKEP_TEST_OBJECTS"], "several.o")
PINS = f"/sys/fs/bpf/skep-test-{os.getpid()}"

# Lines and fields that are the machine's and not the call's. memlock and owner come from fdinfo, which is the
# kernel's own for any fd; pids come from an iterator that bpftool attaches.
NOISE = [
    (r"(?m)^\s*pids .*\n", ""),
    (r"(?m)^\towner_prog_type.*\n", ""),
    (r"  memlock \d+B", ""),
    (r"(?m)^\d+: ", "ID: "),
    (r"\b(btf_id|id) \d+", r"\1 ID"),
    (r"map_ids [\d,]+", "map_ids IDS"),
    (r"loaded_at \S+", "loaded_at TIME"),
    (r"uid \d+", "uid UID"),
    (r"(not jited|jited \d+B)", "JITED"),
    (r"xlated \d+B", "xlated"),  # the kernel counts what it has put in place of helper calls
    (r"duration( \(average\))?: \d+ns", r"duration\1: TIME"),
    (r"map\[id:\d+\]", "map[id:ID]"),
    (r"libbpf: .*\n", ""),
    (re.escape(PINS), "PINS"),
]


def plain(text):
    for pattern, to in NOISE:
        text = re.sub(pattern, to, text)
    return text


def on_kernel(script):
    """With a bpf file system of its own, so that nothing stays behind."""
    return subprocess.run(["unshare", "-m", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf || exit 99\n" + script],
                          capture_output=True, text=True, timeout=60, cwd="/")


def may_load():
    if os.getuid() or not shutil.which("bpftool"):
        return False
    return on_kernel(f"bpftool map create {PINS} type array key 4 value 4 entries 1 name probe").returncode == 0


class Compared(DoorTest):
    def both(self, script):
        """The script's output and exit status in a world, as root and as nobody, are the kernel's."""
        script = script.replace("PINS", PINS).replace("OBJECT", OBJECT)
        kernel = on_kernel(script)
        self.assertNotEqual(kernel.stdout + kernel.stderr, "", "the kernel said something")
        for uid in (0, NOBODY):
            done = subprocess.run([SKEP, "exec", "--", "sh", "-c", script], capture_output=True, text=True, timeout=60,
                                  cwd="/", user=uid)
            self.assertEqual(plain(done.stdout), plain(kernel.stdout), script)
            self.assertEqual(plain(done.stderr), plain(kernel.stderr), script)
            self.assertEqual(done.returncode, kernel.returncode, script)

    def test_maps_are_created_filled_and_dumped(self):
        self.both("""
            bpftool map create PINS type hash key 4 value 8 entries 10 name one
            bpftool map update pinned PINS key 1 0 0 0 value 1 2 3 4 5 6 7 8
            bpftool map update pinned PINS key 1 0 0 0 value 9 2 3 4 5 6 7 8 noexist
            bpftool map update pinned PINS key 2 0 0 0 value 9 2 3 4 5 6 7 8 exist
            bpftool map lookup pinned PINS key 1 0 0 0
            bpftool map lookup pinned PINS key 7 0 0 0
            bpftool map getnext pinned PINS
            bpftool map getnext pinned PINS key 1 0 0 0
            bpftool map show pinned PINS
            bpftool -j map dump pinned PINS
            bpftool map delete pinned PINS key 1 0 0 0
            bpftool map delete pinned PINS key 1 0 0 0
            bpftool map dump pinned PINS""")

    def test_every_map_type_has_its_shape(self):
        shapes = ["array key 4 value 8 entries 3", "percpu_hash key 8 value 4 entries 3", "lru_hash key 4 value 4 entries 9",
                  "lpm_trie key 8 value 1 entries 4 flags 1", "stack key 0 value 4 entries 3", "queue key 0 value 4 entries 3",
                  "prog_array key 4 value 4 entries 2", "ringbuf key 0 value 0 entries 4096", "array key 3 value 4 entries 1",
                  "hash key 4 value 4 entries 0", "stack_trace key 4 value 16 entries 4", "ringbuf key 0 value 0 entries 4095"]
        self.both("\n".join(f"bpftool map create PINS-{i} type {shape} name m{i} && bpftool map show pinned PINS-{i}; "
                            f"bpftool map peek pinned PINS-{i}; bpftool map push pinned PINS-{i} value 1 2 3 4; "
                            f"bpftool map dump pinned PINS-{i}" for i, shape in enumerate(shapes)
                            if "percpu" not in shape))

    def test_maps_can_be_frozen(self):
        self.both("""
            bpftool map create PINS type array key 4 value 4 entries 1 name cold
            bpftool map freeze pinned PINS
            bpftool map freeze pinned PINS
            bpftool map update pinned PINS key 0 0 0 0 value 1 2 3 4
            bpftool map dump pinned PINS""")

    def test_programs_are_loaded_shown_and_run(self):
        self.both("""
            head -c 64 /dev/zero > /tmp/skep-door-in.$$
            bpftool prog load OBJECT PINS
            bpftool prog show pinned PINS
            bpftool prog run pinned PINS data_in /tmp/skep-door-in.$$ repeat 3
            bpftool prog pin pinned PINS PINS
            bpftool prog show pinned PINS-nowhere
            bpftool map show pinned PINS
            rm /tmp/skep-door-in.$$""")

    def test_objects_that_are_not_there_give_the_same_errors(self):
        self.both("""
            bpftool prog show id 99999999
            bpftool map dump id 99999999
            bpftool btf dump id 99999999
            bpftool prog load /dev/null PINS
            bpftool prog load /no/such/file PINS""")


if __name__ == "__main__":
    if not may_load():
        print("skipped: the kernel may not be asked here, or there is no bpftool")
        raise SystemExit(77)
    main()
