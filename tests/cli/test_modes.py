# SPDX-License-Identifier: BSD-2-Clause
"""The modes differ in speed and in what they do about a bad access, and in nothing else. Nor does the kernel."""
import hashlib
import json
import os
import struct
import subprocess

from harness import SKEP, CommandTest, frame, main, obj, pcap

MODES = {"jit": ["--mode", "jit"], "interp": ["--mode", "interp"], "checked": ["--mode", "checked"], "kernel": ["--kernel"]}
VOLATILE = ("mode", "duration_ns", "max_duration_ns")


class Modes(CommandTest):
    def results(self, mode, *args):
        r = self.run_json(*MODES[mode], *args)
        self.assertEqual(r["mode"], mode)
        for name in VOLATILE:
            r.pop(name, None)
        for name, per_cpu in r.get("maps", {}).items():
            for e in per_cpu["entries"]:  # which CPU a run was on is nobody's promise
                if "values" in e:
                    e["values"] = sum(e["values"])
            per_cpu["entries"].sort(key=lambda e: json.dumps(e, sort_keys=True))
        return r

    def kernel_answers(self):
        done = subprocess.run([SKEP, "run", "--kernel", "--prog", "tc_target", obj("several")], capture_output=True,
                              timeout=60)
        return done.returncode == 0

    def compare(self, *args, out=None):
        modes = [m for m in MODES if m != "kernel" or self.kernel_answers()]
        seen = {}
        for mode in modes:
            seen[mode] = self.results(mode, *args)
            if out:
                seen[mode]["out"] = hashlib.sha256(self.read(out)).hexdigest()
        for mode in modes:
            self.assertEqual(seen[mode], seen["checked"], mode)

    def test_a_capture_gives_the_same_results_in_every_mode(self):
        frames = [frame(i % 7, 14 + i * 3 % 400) for i in range(300)]
        path = self.write("in.pcap", pcap(frames))
        for prog in ("xdp_by_byte", "tc_target", "keep_twenty"):
            self.compare("--prog", prog, "--pcap", path, "--out", self.path("out.pcap"), "--maps", "--events=event",
                         obj("several"), out="out.pcap")

    def test_one_run_gives_the_same_results_in_every_mode(self):
        packet = self.write("packet", frame(3))
        jumps = self.write("jumps", '[{"key": 1, "value": "tc_target"}]')
        self.compare("--prog", "tc_jumps", "--data-in", packet, "--data-out", self.path("out"), "--map",
                     f"jumps={jumps}", "--maps", obj("several"), out="out")

    def test_dynptrs_answer_the_same_in_every_mode(self):
        for prog in ("local", "records"):
            self.compare("--prog", prog, "--maps", obj("dynptr"))

    def test_the_machine_and_the_task_are_the_same_in_every_mode(self):
        ns = os.stat("/proc/self/ns/pid")
        data = self.write("data", json.dumps([{"value": {"dev": ns.st_dev, "ino": ns.st_ino}}]))
        packet = self.write("packet", frame(3))
        for prog in ("task_raw_tp", "stack_raw_tp", "symbols"):
            self.compare("--prog", prog, "--map", f".data={data}", "--maps", obj("task"))
        for prog in ("task_tc", "socket_tc", "socket_cgroup"):
            self.compare("--prog", prog, "--map", f".data={data}", "--data-in", packet, "--maps", obj("task"))

    def test_raw_tracepoints_are_given_their_arguments(self):
        args = self.write("args", struct.pack("=2Q", 7, 42))
        kernel = [["--kernel"]] if self.kernel_answers() else []
        for mode in [["--mode", "jit"], ["--mode", "interp"], ["--mode", "checked"], *kernel]:
            self.assertEqual(self.run_json(*mode, "--prog", "second_arg", "--ctx-in", args, obj("task"))["retval"], 42, mode)

    def test_checked_mode_stops_at_the_first_bad_access_and_says_where(self):
        self.skep("run", "--unverified", obj("overrun"), code=1)
        for piece in ("overrun.o: stopped:", "program 'overrun'", "write of 1 byte", "the packet",
                      "overrun.bpf.c:11", "end[8] = data[0];"):
            self.assertIn(piece, self.err)
        r = self.run_json("--unverified", obj("overrun"), code=1)
        self.assertIn("write of 1 byte", r["fault"])
        self.assertNotIn("retval", r)

    def test_what_the_verifier_refuses_does_not_run_and_is_explained(self):
        for mode in ([], ["--mode", "jit"], ["--mode", "interp"], ["--mode", "checked"], ["--kernel"]):
            if mode == ["--kernel"] and not self.kernel_answers():
                continue
            self.skep("run", *mode, obj("overrun"), code=1)
            self.assertEqual(self.out, "")
            for piece in ("loading failed: Permission denied", "overrun (xdp): refused, EACCES", "overrun.bpf.c:11", "end[8] = data[0];"):
                self.assertIn(piece, self.err, mode)

    def test_what_is_loaded_unverified_runs_in_the_mode_that_was_asked_for(self):
        packet = self.write("packet", frame(3))
        for mode in ("checked", "interp", "jit"):
            r = self.run_json("--unverified", "--mode", mode, "--prog", "tc_target", "--data-in", packet, obj("several"))
            self.assertEqual(r["mode"], mode)
        self.assertEqual(self.run_json("--unverified", "--prog", "tc_target", "--data-in", packet, obj("several"))["mode"],
                         "checked")

    def test_a_stop_in_a_capture_names_the_packet(self):
        path = self.write("in.pcap", pcap([bytes(10), frame(0), frame(0)]))
        self.skep("run", "--unverified", "--pcap", path, obj("overrun"), code=1)
        self.assertIn("that was packet 2 of", self.err)


if __name__ == "__main__":
    main()
