# SPDX-License-Identifier: BSD-2-Clause
"""skep verify: accepted programs with what they cost, refused ones with where, why and what to do."""
import json

from harness import CommandTest, main, obj

# program: the verifier's sentence, a piece of the source line, what is known of the operand, a piece of the advice
MISTAKES = {
    "packet_unchecked": ("offset is outside of the packet", "DATA(ctx)[12]", "a pointer into the packet", "data_end"),
    "lookup_unchecked": ("invalid mem access 'map_value_or_null'", "value[0]++", "or NULL", "if (!value)"),
    "record_leaked": ("would lead to reference leak", "ctx->rx_queue_index", "held", "bpf_ringbuf_submit() or bpf_ringbuf_discard()"),
}


class Verify(CommandTest):
    def test_every_mistake_is_named_with_its_line_and_what_to_do(self):
        self.skep("verify", "--json", obj("mistakes"), code=1)
        seen = {p["prog"]: p for p in json.loads(self.out)}
        self.assertEqual(sorted(seen), sorted(MISTAKES))
        for name, (sentence, line, known, advice) in MISTAKES.items():
            p = seen[name]
            with self.subTest(name):
                self.assertEqual(p["verdict"], "refused")
                self.assertIn(sentence, p["message"])
                self.assertIn(line, p["path"][-1]["text"])
                self.assertTrue(p["source"]["at"].startswith("mistakes.bpf.c:"), p["source"])
                self.assertIn(known, p["known"][0]["is"])
                self.assertIn(advice, p["advice"])
                self.assertTrue(p["reason"])

    def test_a_refusal_reads_as_text(self):
        self.skep("verify", "--prog", "lookup_unchecked", obj("mistakes"), code=1)
        for piece in ("lookup_unchecked (xdp): refused, EACCES: R0 invalid mem access", "value[0]++", "  why  ", "  do  "):
            self.assertIn(piece, self.out)

    def test_accepted_programs_tell_what_they_cost_and_which_kernel_they_need(self):
        self.skep("verify", obj("several"))
        self.assertIn("xdp_by_byte (xdp): accepted: ", self.out)
        self.assertNotIn("refused", self.out)
        self.skep("verify", obj("drain"))
        for piece in ("bytes in drains", "  maps     user_ringbuf", "helpers  bpf_user_ringbuf_drain", "needs    Linux 6.1, for "):
            self.assertIn(piece, self.out)
        self.skep("verify", "--json", "--prog", "tc_target", obj("several"))
        (only,) = json.loads(self.out)
        self.assertEqual((only["verdict"], only["type"]), ("accepted", "sched_cls"))
        self.assertGreater(only["processed"], 0)
        self.assertEqual(only["stack"][0]["function"], "tc_target")
        self.assertRegex(only["needs_kernel"], r"^\d+\.\d+$")

    def test_the_log_is_there_on_request(self):
        self.skep("verify", "--log", "--prog", "lookup_unchecked", obj("mistakes"), code=1)
        self.assertIn("R1=ctx()", self.out)
        self.assertIn("processed ", self.out)

    def test_what_is_no_object_is_bad_input(self):
        self.assertIn("nothing.o", self.complaint("verify", "nothing.o"))
        self.assertIn("several", self.complaint("verify", "--prog", "none", obj("several")))


main()
