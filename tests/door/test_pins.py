# SPDX-License-Identifier: BSD-2-Clause
"""In a world, /sys/fs/bpf is a file system whose files are pins, and nothing outside is touched."""
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import (NO_MOUNTS, NOBODY, NOSYS, RAW, SANITIZED, SKEP, USERS, DoorTest, keepers, main, outside_mounts, program, until,
                     without_mounts)

PINS = program("SKEP_TEST_PINS")
IN_NEW_DIR = "mkdir /sys/fs/bpf/new && cd /sys/fs/bpf/new && exec "
MAP = "type hash key 4 value 8 entries 10 name pinned"


@unittest.skipIf(without_mounts(), NO_MOUNTS)
class Files(DoorTest):
    def each(self, script, **kwargs):
        for uid in USERS:
            with self.subTest(uid=uid):
                yield self.run_in_world("sh", "-ec", script, uid=uid, **kwargs)

    def test_paths_mean_what_they_mean_to_the_kernel(self):
        list(self.each(IN_NEW_DIR + PINS))

    @unittest.skipIf(os.getuid(), "mounting takes root")
    def test_the_kernel_says_the_same(self):
        done = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf || exit 77\n" + IN_NEW_DIR + PINS],
                              capture_output=True, text=True, timeout=60)
        if done.returncode == 77:
            self.skipTest("the kernel may not be asked here")
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipIf(not shutil.which("bpftool"), "no bpftool")
    def test_tools_find_pins_by_walking(self):
        script = (f"mkdir /sys/fs/bpf/dir; bpftool map create /sys/fs/bpf/dir/m {MAP}; find /sys/fs/bpf -type f; "
                  "stat -f -c %t /sys/fs/bpf /sys/fs/bpf/dir/m; rm /sys/fs/bpf/dir/m; bpftool map show; echo end")
        for out in self.each(script):
            self.assertEqual(out, "/sys/fs/bpf/dir/m\ncafe4a11\ncafe4a11\nend\n")

    @unittest.skipIf(SANITIZED or not shutil.which("bpftool"), "needs bpftool and the preload library")
    def test_bpftool_shows_pinned_paths(self):
        for out in self.each(f"bpftool map create /sys/fs/bpf/m {MAP}; bpftool -f map show"):
            self.assertEqual(out.count("pinned /sys/fs/bpf/m\n"), 1, out)

    @unittest.skipIf(SANITIZED or os.getuid() or not shutil.which("bpftool"), "needs bpftool, the preload library, and root")
    def test_a_file_system_below_the_worlds_is_not_shown(self):
        script = (f"mount -t bpf bpf /sys/fs/bpf || exit 77; {SKEP} exec -- sh -c 'bpftool map create /sys/fs/bpf/m {MAP}; "
                  "bpftool -f map show'")
        done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=60)
        if done.returncode == 77:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.stdout.count("pinned /sys/fs/bpf/m\n"), 1, done.stdout + done.stderr)

    @unittest.skipIf(not shutil.which("bpftool"), "no bpftool")
    def test_a_named_world_has_one_file_system(self):
        for uid in USERS:
            with tempfile.TemporaryDirectory() as runtime:
                os.chown(runtime, uid, -1)
                env = dict(os.environ, XDG_RUNTIME_DIR=runtime)

                def run(*cmd):
                    return subprocess.run([SKEP, *cmd], capture_output=True, text=True, timeout=60, user=uid, env=env,
                                          check=True).stdout
                enter = ("exec", "-w", "files", "--", "sh", "-c")
                run(*enter, f"bpftool map create /sys/fs/bpf/kept {MAP}")
                self.assertEqual(run(*enter, "ls /sys/fs/bpf; mkdir /sys/fs/bpf/d; pwd"), f"kept\n{os.getcwd()}\n")
                self.assertIn("name pinned", run(*enter, "bpftool map show pinned /sys/fs/bpf/kept"))
                run(*enter, "mv /sys/fs/bpf/kept /sys/fs/bpf/d/moved")
                self.assertIn("name pinned", run(*enter, "bpftool map show pinned /sys/fs/bpf/d/moved"))
                self.assertIn("files", run("worlds"))
                run(*enter, "rm /sys/fs/bpf/d/moved")
                self.assertTrue(until(lambda: "files" not in run("worlds")), "with its last pin gone, the world ends")

    def test_what_programs_print_is_read_from_trace_pipe(self):
        script = (f"{RAW} print print; head -n 2 /sys/kernel/tracing/trace_pipe; {RAW} print; "
                  "head -n 1 /sys/kernel/debug/tracing/trace_pipe; stat -f -c %t /sys/kernel/tracing /sys/kernel/debug; "
                  "ls /sys/kernel/tracing/events")
        for out in self.each(script):
            lines = out.splitlines()
            for line in lines[:3]:
                self.assertRegex(line, r"^ +door_raw-\d+ +\[\d{3}\] .{5} +\d+\.\d{6}: bpf_trace_printk: you lu$")
            self.assertEqual(lines[3:], ["74726163", "64626720"])

    @unittest.skipIf(not shutil.which("bpftool"), "no bpftool")
    def test_bpftool_shows_what_programs_print(self):
        for out in self.each(f"{RAW} print; timeout 2 bpftool prog tracelog || :"):
            self.assertIn("bpf_trace_printk: you lu\n", out)

    def test_a_pipe_that_nobody_reads_holds_up_nobody(self):
        for out in self.each(f"{RAW} $(yes print | head -n 5000); head -n 1 /sys/kernel/tracing/trace_pipe"):
            self.assertIn("bpf_trace_printk: ", out)

    def test_nothing_of_it_is_outside(self):
        for uid in USERS:
            word = f"outside-{os.getpid()}"
            with subprocess.Popen([SKEP, "exec", "--", "sh", "-c", f": {word}; mkdir /sys/fs/bpf/{word}; echo; read line"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=uid) as child:
                child.stdout.readline()
                self.assertEqual(outside_mounts(), [])
                self.assertFalse(os.path.exists(f"/sys/fs/bpf/{word}"))
                os.kill(keepers(word)[0], signal.SIGKILL)
                child.kill()
            self.assertEqual(outside_mounts(), [])

    def test_the_user_is_the_same(self):
        script = "id -u; id -g; grep CapEff /proc/self/status"
        for uid in USERS:
            plain = subprocess.run(["setpriv", "--no-new-privs", "sh", "-c", script], capture_output=True, text=True,
                                   timeout=60, user=uid, check=True)
            self.assertEqual(self.run_in_world("sh", "-c", script, uid=uid), plain.stdout)

    @unittest.skipIf(os.getuid(), "takes root")
    def test_root_that_may_not_mount_keeps_its_other_powers(self):
        with tempfile.NamedTemporaryFile() as file:
            done = subprocess.run(["setpriv", "--bounding-set", "-sys_admin", SKEP, "exec", "--", "sh", "-c",
                                   f"chown 12345 {file.name} && stat -c %u {file.name}"], capture_output=True, text=True,
                                  timeout=60)
        self.assertEqual(done.stdout, "12345\n", done.stderr)
        self.assertIn(NO_MOUNTS, done.stderr)

    def test_root_can_be_had_for_tools_that_insist(self):
        for uid in USERS:
            self.assertEqual(self.run_in_world("id", "-u", options=["--root"], uid=uid), "0\n")
            self.run_in_world("sh", "-ec", IN_NEW_DIR + PINS, options=["--root"], uid=uid)

    @unittest.skipIf(os.getuid(), "takes root")
    def test_a_kernel_without_a_directory_for_it_gets_one(self):
        script = ("mkdir /tmp/skep-fs.$$ && mount -t tmpfs none /tmp/skep-fs.$$ && mkdir /tmp/skep-fs.$$/cgroup && "
                  "touch /tmp/skep-fs.$$/cgroup/here && mount --move /tmp/skep-fs.$$ /sys/fs; rmdir /tmp/skep-fs.$$; "
                  f"exec setpriv --reuid 65534 --clear-groups {SKEP} exec -- sh -ec 'ls /sys/fs /sys/fs/cgroup; "
                  + IN_NEW_DIR + PINS + "'")
        done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=60, cwd="/")
        if done.stderr.startswith("unshare: "):
            self.skipTest(done.stderr.strip())
        self.assertEqual((done.returncode, done.stdout), (0, "/sys/fs:\nbpf\ncgroup\n\n/sys/fs/cgroup:\nhere\n"), done.stderr)


@unittest.skipIf(not shutil.which("bpftool"), "no bpftool")
class Names(DoorTest):
    """Where nothing can be mounted, pins are there all the same."""
    SCRIPT = f"bpftool map create /sys/fs/bpf/m {MAP} && bpftool map show pinned /sys/fs/bpf/m"

    def test_without_mounts(self):
        for uid in USERS:
            self.assertIn("name pinned", self.run_in_world("sh", "-c", self.SCRIPT, options=["--no-mounts"], uid=uid))
            self.assertEqual(self.err, "")

    @unittest.skipIf(SANITIZED, "needs the preload library")
    def test_in_a_container(self):
        for uid in USERS:
            done = subprocess.run([NOSYS, "--container", SKEP, "exec", "--", "sh", "-c", self.SCRIPT], capture_output=True,
                                  text=True, timeout=60, user=uid)
            self.assertIn("name pinned", done.stdout)
            self.assertIn(NO_MOUNTS, done.stderr)


if __name__ == "__main__":
    main()
