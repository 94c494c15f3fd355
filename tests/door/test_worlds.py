# SPDX-License-Identifier: BSD-2-Clause
"""Named worlds: one for each user and name, with what was pinned in it, as long as it is needed."""
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import NOBODY, RAW, SKEP, DoorTest, main, until

MAP = ["type", "hash", "key", "4", "value", "8", "entries", "10", "name"]


class Worlds(DoorTest):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="skep-door-")
        self.addCleanup(self.dir.cleanup)
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.dir.name)
        self.addCleanup(self.end_all)

    def skep(self, *args, code=0, **kwargs):
        done = subprocess.run([SKEP, *args], capture_output=True, text=True, timeout=60, env=kwargs.pop("env", self.env),
                              **kwargs)
        self.assertEqual(done.returncode, code, f"{args}\n{done.stdout}\n{done.stderr}")
        self.err = done.stderr
        return done.stdout

    def worlds(self):
        return {w["name"]: w for w in json.loads(self.skep("worlds", "--json"))}

    def end_all(self):
        for name in self.worlds():  # an empty one may end by itself before
            subprocess.run([SKEP, "down", name], capture_output=True, timeout=60, env=self.env)

    def test_pins_outlive_their_makers(self):
        self.skep("exec", "-w", "kept", "--", "bpftool", "map", "create", "/sys/fs/bpf/kept", *MAP, "kept")
        self.assertIn("name kept", self.skep("exec", "-w", "kept", "--", "bpftool", "map", "show"))
        self.assertNotIn("name kept", self.skep("exec", "-w", "other", "--", "bpftool", "map", "show"))
        self.assertNotIn("name kept", self.skep("exec", "--", "bpftool", "map", "show"))

    def test_worlds_are_listed_with_what_is_in_them(self):
        self.skep("exec", "--world", "listed", "--", "bpftool", "map", "create", "/sys/fs/bpf/a", *MAP, "listed")
        world = self.worlds()["listed"]
        for _ in range(50):  # the world learns of a command's end a moment later
            if not world["commands"]:
                break
            time.sleep(0.1)
            world = self.worlds()["listed"]
        self.assertEqual((world["maps"], world["progs"], world["commands"]), (1, 0, 0))
        self.assertGreater(world["bytes"], 0)
        self.assertRegex(self.skep("worlds"), r"(?m)^listed +0 +1 ")

    def test_a_world_with_nothing_in_it_ends(self):
        self.skep("exec", "-w", "empty", "--", RAW, "elements")
        self.assertTrue(until(lambda: "empty" not in self.worlds()))

    def test_those_inside_share_it_while_they_run(self):
        with subprocess.Popen([SKEP, "exec", "-w", "both", "--", "sh", "-c", "read line"], stdin=subprocess.PIPE,
                              env=self.env) as first:
            self.assertTrue(until(lambda: self.worlds().get("both", {}).get("commands") == 1))
            self.skep("exec", "-w", "both", "--", RAW, "elements", "threads", "ring")
            self.assertTrue(until(lambda: self.worlds()["both"]["maps"] == 0))
            first.stdin.close()
            first.wait(timeout=60)
        self.assertTrue(until(lambda: not self.worlds()))

    def test_ending_a_world_makes_calls_fail(self):
        with subprocess.Popen([SKEP, "exec", "-w", "down", "--", RAW, "until-error"], stdout=subprocess.PIPE, text=True,
                              env=self.env) as child:
            self.assertEqual(child.stdout.readline(), "ready\n")
            self.skep("down", "down")
            self.assertEqual(child.communicate(timeout=60)[0], "Function not implemented\n")
        self.skep("down", "down", code=2)
        self.assertIn("no such world", self.err)

    def test_a_name_can_be_used_again_after_its_world_was_killed(self):
        self.skep("exec", "-w", "again", "--", "bpftool", "map", "create", "/sys/fs/bpf/a", *MAP, "first")
        os.kill(self.worlds()["again"]["pid"], signal.SIGKILL)
        self.assertTrue(until(lambda: not self.worlds()))
        self.assertNotIn("first", self.skep("exec", "-w", "again", "--", "bpftool", "map", "show"))

    def test_many_who_come_at_once_get_one_world(self):
        failed = []

        def come(i):
            done = subprocess.run([SKEP, "exec", "-w", "crowd", "--", "bpftool", "map", "create", f"/sys/fs/bpf/c{i}", *MAP,
                                   f"c{i}"], capture_output=True, timeout=60, env=self.env)
            if done.returncode:
                failed.append(done.stderr)

        threads = [threading.Thread(target=come, args=(i,)) for i in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(failed, [])
        self.assertEqual(self.worlds()["crowd"]["maps"], 12)

    def test_names_are_checked(self):
        for name in ("", ".", "../x", "a/b", "x" * 33):
            self.skep("exec", "-w", name, "--", "true", code=2)
            self.assertIn("a world's name is", self.err)
        self.skep("down", "../x", code=2)

    def test_a_directory_that_others_may_enter_is_refused(self):
        os.mkdir(os.path.join(self.dir.name, "skep"), 0o755)
        self.skep("exec", "-w", "open", "--", "true", code=2)
        self.assertIn("not yours alone", self.err)
        os.chmod(os.path.join(self.dir.name, "skep"), 0o700)

    @unittest.skipIf(os.getuid() or not os.path.exists("/usr/bin/python3"), "needs two users")
    def test_another_user_does_not_reach_it(self):
        self.skep("exec", "-w", "mine", "--", "bpftool", "map", "create", "/sys/fs/bpf/m", *MAP, "mine")
        where = os.path.join(self.dir.name, "skep")
        knock = ("import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
                 f"s.connect('{where}/mine.sock'); s.send((2).to_bytes(4, 'little')); print(len(s.recv(64)))")
        for path, mode in ((self.dir.name, 0o777), (where, 0o777), (f"{where}/mine.sock", 0o777)):
            os.chmod(path, mode)
        answers = [subprocess.run(["/usr/bin/python3", "-c", knock], capture_output=True, text=True, timeout=60, user=uid,
                                  cwd="/").stdout for uid in (os.getuid(), NOBODY)]
        self.assertGreater(int(answers[0]), 0)
        self.assertIn(answers[1], ("", "0\n"), "the world answers its user only")
        os.chmod(where, 0o700)
        self.assertEqual(self.worlds()["mine"]["maps"], 1)



if __name__ == "__main__":
    main()
