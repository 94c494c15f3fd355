# SPDX-License-Identifier: BSD-2-Clause
"""Objects and captures that are cut short or have flipped bits: a sentence and exit code 1 or 2, never a crash."""
import random
import subprocess

from harness import SKEP, CommandTest, frame, main, obj, pcap

ROUNDS = 150


def contents(path):
    with open(path, "rb") as f:
        return f.read()


class Damage(CommandTest):
    def survives(self, *args):
        done = subprocess.run([SKEP, *args], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertIn(done.returncode, (0, 1, 2), f"{args}\n{done.stderr.decode(errors='replace')}")
        if done.returncode:
            self.assertTrue(done.stderr.startswith(b"skep: "), done.stderr)
        return done

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
            bad = bytearray(whole)
            for _ in range(rng.randint(1, 4)):
                bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
            path = self.write("bad.o", bytes(bad))
            self.survives("run", "--prog", "tc_target", "--maps", path)

    def test_a_capture_with_flipped_bits(self):
        whole = pcap([frame(i % 5, 60 + i) for i in range(20)])
        rng = random.Random(3)
        for _ in range(ROUNDS // 3):
            bad = bytearray(whole)
            for _ in range(rng.randint(1, 3)):
                bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
            path = self.write("bad.pcap", bytes(bad))
            self.survives("run", "--prog", "xdp_by_byte", "--pcap", path, obj("several"))

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
