# SPDX-License-Identifier: BSD-2-Clause
"""`skep disasm`: programs in the verifier's notation, with their source."""
from harness import CommandTest, main, obj


class Disasm(CommandTest):
    def test_programs_are_printed_with_their_source(self):
        out = self.skep("disasm", obj("several"))
        self.assertIn('xdp_by_byte: SEC("xdp")', out)
        self.assertIn("; if (data[MAC_BYTE] == XDP_TX) @ several.bpf.c:", out)
        self.assertIn("call bpf_ringbuf_reserve#131", out)
        self.assertRegex(out, r"\(85\) call (pc\+\d+|count)")
        self.assertRegex(out, r"\(18\) r\d = map\[id:\d+\]")
        self.assertIn("\ncount:\n", out)
        self.assertIn('says_so: SEC("syscall")', out)

    def test_one_program_alone(self):
        out = self.skep("disasm", "--prog", "keep_twenty", obj("several"))
        self.assertIn("keep_twenty", out)
        self.assertNotIn("xdp_by_byte", out)
        self.assertIn("no program is called x", self.complaint("disasm", "--prog", "x", obj("several")))


if __name__ == "__main__":
    main()
