# SPDX-License-Identifier: BSD-2-Clause
"""
Objects, captures and JSON that are cut short or have flipped bits: a sentence that names the file, the place and the
reason, and exit code 2 (1 when the file is whole but the world refuses what is in it); never a crash, never a hang.
"""
import json
import random
import re
import struct
import subprocess

from harness import SKEP, CommandTest, frame, main, obj, pcap

ROUNDS = 150
SANITIZER = re.compile(rb"Sanitizer|runtime error:")


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def flipped(whole, rng, most=4):
    bad = bytearray(whole)
    for _ in range(rng.randint(1, most)):
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
    return bytes(bad)


def pcapng(frames):
    def block(kind, body):
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", 1, 0, 65535))
    for i, data in enumerate(frames):
        out += block(6, struct.pack("<IIIII", 0, 0, i, len(data), len(data)) + data.ljust(-(-len(data) // 4) * 4, b"\0"))
    return out


class Damage(CommandTest):
    def survives(self, *args):
        done = subprocess.run([SKEP, *args], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertIn(done.returncode, (0, 1, 2), f"{args}\n{done.stderr.decode(errors='replace')}")
        self.assertIsNone(SANITIZER.search(done.stderr), done.stderr)
        if done.returncode:
            self.assertTrue(done.stderr.startswith(b"skep: "), done.stderr)
        return done

    def says_where(self, done, name, place):
        """Exit code 2, and a first line of: skep: FILE, a place in it, a reason."""
        first = done.stderr.decode(errors="replace").split("\n")[0]
        self.assertEqual(done.returncode, 2, first)
        self.assertRegex(first, f"^skep: .*{re.escape(name)}{place}: .+")

    def test_an_object_cut_short_anywhere(self):
        whole = contents(obj("several"))
        for cut in sorted(random.Random(1).sample(range(len(whole)), 60)):
            done = self.survives("disasm", self.write("cut.o", whole[:cut]))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(b"cut.o: ", done.stderr)

    def test_an_object_with_flipped_bits(self):
        whole = contents(obj("several"))
        rng = random.Random(2)
        for _ in range(ROUNDS):
            done = self.survives("run", "--prog", "tc_target", "--maps", self.write("bad.o", flipped(whole, rng)))
            if done.returncode == 2:
                self.assertIn(b"bad.o: ", done.stderr)

    def test_an_object_with_flipped_bits_in_its_headers(self):
        """The ELF header and the table of sections: every field of them is relied on by somebody."""
        whole = contents(obj("several"))
        table, entry, entries = *struct.unpack_from("<Q", whole, 40), *struct.unpack_from("<HH", whole, 58)
        rng = random.Random(4)
        for _ in range(ROUNDS):
            bad = bytearray(whole)
            at = rng.choice([rng.randrange(64), table + rng.randrange(entry * entries)])
            bad[at] ^= 1 << rng.randrange(8)
            done = self.survives("disasm", self.write("bad.o", bytes(bad)))
            if done.returncode:
                self.assertIn(b"bad.o: ", done.stderr)

    def run_capture(self, data):
        return self.survives("run", "--prog", "xdp_by_byte", "--pcap", self.write("bad.pcap", data), obj("several"))

    def test_a_capture_cut_short_anywhere(self):
        whole = pcap([frame(i % 5, 60 + i) for i in range(3)])
        ends = {24, 24 + 76, 24 + 76 + 77}  # where packets end: a shorter capture, but a whole one
        for cut in sorted(ends | set(range(0, 44)) | set(range(44, len(whole), 7))):
            done = self.run_capture(whole[:cut])
            if cut in ends:
                self.assertEqual(done.returncode, 0, done.stderr)
            else:
                self.says_where(done, "bad.pcap", ": byte \\d+(, after packet \\d+)?")

    def test_a_newer_capture_cut_short_anywhere(self):
        whole = pcapng([frame(i % 5, 60 + i) for i in range(3)])
        self.assertEqual(self.run_capture(whole).returncode, 0)
        for cut in range(1, len(whole), 5):
            done = self.run_capture(whole[:cut])
            if done.returncode:
                self.says_where(done, "bad.pcap", ": byte \\d+(, after packet \\d+)?")

    def test_a_capture_with_flipped_bits(self):
        rng = random.Random(3)
        for whole in (pcap([frame(i % 5, 60 + i) for i in range(4)]), pcapng([frame(i % 5, 60 + i) for i in range(4)])):
            for _ in range(ROUNDS // 3):
                done = self.run_capture(flipped(whole, rng, 3))
                if done.returncode:
                    self.says_where(done, "bad.pcap", ": byte \\d+(, after packet \\d+)?")

    def fill_from(self, text):
        return self.survives("run", "--prog", "says_so", "--map", "table=" + self.write("bad.json", text), obj("several"))

    def test_json_cut_short_anywhere(self):
        whole = json.dumps([{"key": {"addr": "10.0.0.1", "port": 80, "name": "eth0"},
                             "value": {"packets": 2**64 - 1, "colour": "BLUE", "seen": True}}], indent=1)
        self.assertIn(self.fill_from(whole).returncode, (0, 1))
        for cut in range(len(whole)):
            self.says_where(self.fill_from(whole[:cut]), "bad.json", ":\\d+:\\d+")

    def test_json_with_flipped_bits(self):
        whole = json.dumps([{"key": {"addr": "10.0.0.1", "port": 80, "proto": 6},
                             "value": {"packets": 5, "colour": "BLUE", "bytes": [1, 2, 3, 4]}}]).encode()
        rng = random.Random(5)
        for _ in range(ROUNDS // 2):
            done = self.fill_from(flipped(whole, rng, 2))
            if done.returncode == 2:
                self.says_where(done, "bad.json", "(:\\d+:\\d+|: entry \\d+|)")

    def test_files_that_are_no_objects_are_named_with_the_reason(self):
        for name, data, why in (("empty", b"", "ends inside the ELF header"),
                                ("text.o", b"int main(void) { return 0; }\n" * 10, "no ELF file"),
                                ("skep", contents(SKEP), "not for BPF")):
            said = self.complaint("run", self.write(name, data))
            self.assertIn(why, said)
            self.assertIn(name + ": byte", said)
        self.assertIn("No such file", self.complaint("run", "nothing.o"))
        self.assertIn("directory", self.complaint("disasm", "."))

    def test_what_the_world_refuses_to_load_is_exit_code_1(self):
        whole = bytearray(contents(obj("overrun")))
        exit_insn = whole.index(b"\x95" + bytes(7))
        whole[exit_insn] = 0xFF
        done = self.survives("run", self.write("bad.o", bytes(whole)))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"bad.o: loading failed", done.stderr)
        self.assertIn(b"last insn is not an exit or jmp", done.stderr)


if __name__ == "__main__":
    main()
