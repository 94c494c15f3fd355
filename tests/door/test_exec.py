# SPDX-License-Identifier: BSD-2-Clause
"""skep exec: the command is what it would be without skep, and bpf(2) is the world's."""
import os
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest

from harness import NOBODY, NOSYS, RAW, SANITIZED, SKEP, USERS, DoorTest, keepers, main, outside_mounts, until, without_mounts


def kernel_answers():
    return subprocess.run([RAW, "elements"], capture_output=True, timeout=60).returncode == 0


class SameCommand(DoorTest):
    def test_exit_statuses_and_signals_are_the_commands(self):
        self.run_in_world("sh", "-c", "exit 41", code=41)
        self.run_in_world("sh", "-c", "kill -TERM $$", code=-signal.SIGTERM)

    def test_a_command_that_is_not_there_is_told_as_by_a_shell(self):
        self.run_in_world("/no/such/command", code=127)
        self.assertIn("/no/such/command: No such file", self.err)
        self.run_in_world("/", code=126)

    def test_stdin_environment_directory_uid_and_fds_are_the_same(self):
        script = "cat; pwd; id -u; env | grep -vE 'LD_PRELOAD|ASAN_OPTIONS' | sort; ls -l /proc/self/fd | grep -c ' -> '; echo done"
        plain = subprocess.run(["sh", "-c", script], input="words\n", capture_output=True, text=True, cwd="/usr",
                               timeout=60, check=True)
        self.assertEqual(self.run_in_world("sh", "-c", script, input="words\n", cwd="/usr"), plain.stdout)

    def test_it_keeps_its_process_id_parent_and_group(self):
        child = subprocess.Popen([SKEP, "exec", "--", "sh", "-c", "echo $$ $PPID $(cut -d \" \" -f 5 /proc/$$/stat)"],
                                 stdout=subprocess.PIPE, text=True)
        out = child.communicate(timeout=60)[0].split()
        self.assertEqual(out[:3], [str(child.pid), str(os.getpid()), str(os.getpgid(0))])

    def test_it_has_no_child_that_it_did_not_make(self):
        self.run_in_world("python3", "-c", "import os\ntry:\n os.wait()\nexcept ChildProcessError:\n pass\n"
                                           "else:\n raise SystemExit(1)")

    def test_a_pipe_ends_with_the_command_and_not_with_the_world(self):
        out = subprocess.run(f"{SKEP} exec -- echo word | cat", shell=True, capture_output=True, timeout=60, check=True)
        self.assertEqual(out.stdout, b"word\n")

    def test_inside_a_world_there_is_no_second_one(self):
        self.run_in_world(SKEP, "exec", "--", "true", code=2)
        self.assertIn("inside a world already", self.err)


class Clients(DoorTest):
    """Each thing that the static client does, it does on skep as root and as nobody."""

    def both(self, *what):
        for uid in USERS:
            self.run_in_world(RAW, *what, uid=uid)

    def test_elements(self):
        self.both("elements", "edges")

    def test_numbers_of_fds_change_hands(self):
        self.both("changes")

    def test_numbers_of_fds_change_hands_where_nobody_compares_them(self):
        done = subprocess.run([NOSYS, "--no-kcmp", SKEP, "exec", "--no-preload", "--", RAW, "changes", "reuse"], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_keys_and_values_in_the_same_places(self):
        self.both("places")

    def test_numbers_of_processes_change_hands(self):
        said = {uid: self.run_in_world(RAW, "numbers", uid=uid) for uid in USERS}
        self.assertEqual(said.pop(0, "20 of a number\n"), "20 of a number\n")

    def test_mapped_arrays(self):
        self.both("mmap")

    def test_what_may_be_mapped(self):
        self.both("mmap-rules")

    @unittest.skipUnless(kernel_answers(), "the kernel may not be asked here")
    def test_the_kernel_has_the_same_rules(self):
        subprocess.run([RAW, "elements", "edges", "mmap", "mmap-rules", "interrupt", "places"], check=True, timeout=60)

    def test_many_threads_while_signals_arrive(self):
        self.both("threads")

    @unittest.skipUnless(os.path.exists("/sys/kernel/btf/vmlinux"), "this machine does not tell the kernel's types")
    def test_the_kernels_types(self):
        self.both("kernel-types")
        if kernel_answers():
            subprocess.run([RAW, "kernel-types"], check=True, timeout=60)

    def test_a_signal_ends_a_long_run(self):
        self.both("interrupt")

    def test_fds_passed_over_sockets(self):
        self.both("pass")

    def test_fds_inherited_through_fork_and_exec(self):
        self.both("exec")

    def test_objects_with_read_only_fds_end(self):
        self.both("read-only")

    @unittest.skipIf(without_mounts(), "a user's world takes a user name space for that, and those are forbidden here")
    def test_memory_that_others_may_not_read(self):
        self.both("undumpable")

    def test_loaders_may_raise_the_limit_of_locked_memory(self):
        self.both("memlock")

    def test_rings_wake_those_who_wait_with_epoll(self):
        self.both("ring")


class Ends(DoorTest):
    def test_the_world_ends_with_the_last_of_its_processes(self):
        word = f"/tmp/last-{os.getpid()}"
        with subprocess.Popen([SKEP, "exec", "--", "sh", "-c", f": {word}; sleep 0.3 &"]) as child:
            child.wait(timeout=60)
        self.assertTrue(keepers(word))
        self.assertTrue(until(lambda: not keepers(word)))

    def test_clients_killed_at_any_moment_leave_nothing(self):
        word = f"killed-{os.getpid()}"
        script = f": {word}; read line; for i in 1; do :; done"
        with subprocess.Popen([SKEP, "exec", "--", "sh", "-c", f': {word}; while read line; do {RAW} forever & '
                                                               'echo $!; done; wait'],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as shell:
            self.assertTrue(until(lambda: keepers(word)), script)
            keeper = keepers(word)[0]
            for _ in range(40):
                shell.stdin.write("go\n")
                pid = int(shell.stdout.readline())
                time.sleep(random.uniform(0, 0.03))
                os.kill(pid, signal.SIGKILL)
            fds = os.listdir(f"/proc/{keeper}/fd")
            self.assertLess(len(fds), 300, "objects of the dead are swept")
            shell.stdin.close()
            shell.wait(timeout=60)
        self.assertTrue(until(lambda: not keepers(word)))

    def test_commands_killed_while_they_enter_leave_nothing(self):
        word = f"entering-{os.getpid()}"
        with tempfile.TemporaryDirectory() as runtime:
            env = dict(os.environ, XDG_RUNTIME_DIR=runtime)
            for i in range(60):
                world = ["-w", f"w{i % 3}"] if i % 2 else []
                child = subprocess.Popen([SKEP, "exec", "-q", *world, "--", RAW, "forever", word], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, env=env, start_new_session=True)
                time.sleep(random.expovariate(1 / 0.02))
                os.killpg(child.pid, signal.SIGKILL)
                child.wait(timeout=60)
            self.assertTrue(until(lambda: not keepers(word)), "keepers end when nobody is inside")
        self.assertEqual(outside_mounts(), [])

    def test_a_crowd_of_threads_and_processes_leaves_nothing(self):
        word = f"crowd-{os.getpid()}"
        crowd = (f": {word}; for i in 1 2 3 4 5 6 7 8; do {RAW} threads || echo failed & done; wait; "
                 f"{RAW} reuse && echo nothing left || echo something is left; read line")
        with subprocess.Popen([SKEP, "exec", "--", "sh", "-c", crowd], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as child:
            self.assertEqual(child.stdout.readline(), "nothing left\n")
            self.assertLess(len(os.listdir(f"/proc/{keepers(word)[0]}/fd")), 60)
            child.stdin.close()
            child.wait(timeout=60)

    def test_when_the_world_is_killed_calls_fail_and_do_not_hang(self):
        word = f"until-error-{os.getpid()}"
        with subprocess.Popen([SKEP, "exec", "--", "sh", "-c", f": {word}; exec {RAW} until-error"],
                              stdout=subprocess.PIPE, text=True) as child:
            self.assertEqual(child.stdout.readline(), "ready\n")
            os.kill(keepers(word)[0], signal.SIGKILL)
            self.assertEqual(child.communicate(timeout=60)[0], "Function not implemented\n")

    @unittest.skipIf(SANITIZED, "a sanitizer takes memory of its own")
    def test_an_idle_world_is_small(self):
        word = f"small-{os.getpid()}"
        with subprocess.Popen([SKEP, "exec", "--", "sh", "-c", f": {word}; read line"], stdin=subprocess.PIPE) as child:
            self.assertTrue(until(lambda: keepers(word)))
            with open(f"/proc/{keepers(word)[0]}/status", encoding="utf-8") as status:
                rss = int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))
            self.assertLess(rss, 10 * 1024)
            child.stdin.close()
            child.wait(timeout=60)


class Pins(DoorTest):
    @unittest.skipIf(os.getuid(), "unmounting takes root")
    def test_pinning_works_where_no_bpf_file_system_is_mounted(self):
        script = ("umount -l /sys/fs/bpf 2>/dev/null; exec setpriv --reuid 65534 --clear-groups " + SKEP + " exec -- sh -ec '"
                  "stat -f -c %t /sys/fs/bpf; stat -f -c %t / | grep -v cafe4a11 >/dev/null; "
                  "bpftool map create /sys/fs/bpf/m type array key 4 value 4 entries 1 name pinned; "
                  "stat -f -c %t /sys/fs/bpf/m; bpftool map show pinned /sys/fs/bpf/m'")
        done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=60)
        if done.stderr.startswith("unshare: "):
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("cafe4a11"), 2, done.stdout)
        self.assertIn("name pinned", done.stdout)


class Limits(DoorTest):
    MAKE = "bpftool map create /sys/fs/bpf/m{n} type array key 4 value {size} entries 1 name m{n}"

    def limited(self, *options, commands):
        script = "; ".join(f"{self.MAKE.format(n=n, size=size)}" for n, size in enumerate(commands))
        done = subprocess.run([SKEP, "exec", *options, "--", "sh", "-c", script + "; bpftool map | grep -c name"],
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip(), done.stdout + done.stderr

    def test_a_world_has_no_more_objects_than_it_may(self):
        count, said = self.limited("--max-objects", "3", commands=[4] * 5)
        self.assertTrue(count.endswith("3"), said)
        self.assertEqual(said.count("Operation not permitted"), 2, said)

    def test_a_world_has_no_more_memory_than_it_may(self):
        count, said = self.limited("--max-memory", "1", commands=[900000, 900000, 4])
        self.assertTrue(count.endswith("2"), said)
        self.assertEqual(said.count("Cannot allocate memory"), 1, said)

    def test_objects_that_are_gone_count_no_more(self):
        done = subprocess.run([SKEP, "exec", "--max-objects", "20", "--", RAW, "threads", "elements"], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)


class Kernel(DoorTest):
    def test_no_call_reaches_the_kernel(self):
        """What the command made is in the world, and the kernel has none of it."""
        before = subprocess.run(["bpftool", "map"], capture_output=True, timeout=60).stdout
        self.run_in_world("sh", "-c", f"{RAW} elements mmap pass; bpftool map create /sys/fs/bpf/none type hash key 4 "
                                      "value 4 entries 4 name leak_test && bpftool map | grep -q leak_test")
        after = subprocess.run(["bpftool", "map"], capture_output=True, timeout=60).stdout
        self.assertNotIn(b"leak_test", after)
        self.assertEqual(before.count(b"leak_test"), 0)

    def test_a_filter_around_skep_is_named_as_the_reason(self):
        done = subprocess.run([NOSYS, SKEP, "exec", "--no-preload", "--", RAW, "elements"], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("a seccomp filter around it answers bpf(2)", done.stderr)


if __name__ == "__main__":
    main()
