# SPDX-License-Identifier: BSD-2-Clause
"""`skep run` on one input: what bpftool prog run does, for everyone."""
from harness import CommandTest, frame, main, obj

SEVERAL = obj("several")


class Run(CommandTest):
    def test_the_results_are_one_json_object(self):
        packet = self.write("packet", frame(2))
        r = self.run_json("--prog", "xdp_by_byte", "--data-in", packet, SEVERAL)
        self.assertEqual(r["prog"], "xdp_by_byte")
        self.assertEqual(r["type"], "xdp")
        self.assertEqual(r["mode"], "jit")
        self.assertEqual(r["retval"], 2)
        self.assertEqual(r["verdict"], "XDP_PASS")
        self.assertEqual(r["data_size_out"], 64)
        self.assertIsInstance(r["duration_ns"], int)
        self.assertEqual(r["events"]["events"]["count"], 1)

    def test_people_get_a_sentence(self):
        packet = self.write("packet", frame(3))
        out = self.skep("run", "--prog", "xdp_by_byte", "--data-in", packet, SEVERAL)
        self.assertRegex(out, r"^xdp_by_byte \(xdp, jit\): returned 3 \(XDP_TX\) in \d+ ns; 64 bytes of data out\n")

    def test_the_packet_is_written_as_the_program_left_it(self):
        packet = self.write("packet", frame(3, 70))
        self.skep("run", "--prog", "xdp_by_byte", "--data-in", packet, "--data-out", self.path("after"),
                  SEVERAL)
        self.assertEqual(self.read("after"), b"\xee" + frame(3, 70)[1:])

    def test_standard_input_and_output_carry_data(self):
        self.skep("run", "--prog", "xdp_by_byte", "--data-in", "-", "--data-out", "-", SEVERAL,
                  stdin=frame(3))
        self.assertEqual(self.raw, b"\xee" + frame(3)[1:])
        self.assertIn("returned 3", self.err)

    def test_the_context_goes_in_and_comes_out(self):
        skb = self.write("skb", bytes(192))
        jumps = self.write("jumps", '[{"key": 1, "value": "tc_target"}]')
        r = self.run_json("--prog", "tc_jumps", "--map", f"jumps={jumps}", "--ctx-in", skb, "--ctx-out",
                          self.path("after"), SEVERAL)
        self.assertEqual(r["retval"], 2)
        self.assertEqual(self.read("after")[8:12], b"\x34\x12\0\0")

    def test_repeating_repeats(self):
        r = self.run_json("--prog", "xdp_by_byte", "--repeat", "50", "--maps", SEVERAL)
        self.assertEqual(r["repeat"], 50)
        counts = [e for e in r["maps"]["per_cpu"]["entries"] if e["key"] == 0][0]["values"]
        self.assertEqual(sum(counts), 50)
        self.assertEqual(r["maps"]["several.bss"]["entries"][0]["value"]["total"], 50 * 64)

    def test_programs_without_packets_run_without(self):
        r = self.run_json("--prog", "says_so", SEVERAL)
        self.assertEqual(r["retval"], 3)
        self.assertEqual(r["trace"], ["hello 7"])
        self.assertIn("trace: hello 7", self.skep("run", "--prog", "says_so", SEVERAL))

    def test_events_are_shown_as_their_struct_or_as_bytes(self):
        args = ["--prog", "xdp_by_byte"]
        r = self.run_json(*args, "--events=event", SEVERAL)
        self.assertEqual(r["events"]["events"]["events"], [{"length": 64, "what": "a packet"}])
        r = self.run_json(*args, "--events", SEVERAL)
        self.assertEqual(r["events"]["events"]["events"], ["40000000" + b"a packet".hex() + "00000000"])
        out = self.skep("run", *args, "--events=event", SEVERAL)
        self.assertIn('events: { .length = 64, .what = "a packet" }', out)
        self.assertIn("no struct or typedef nothing", self.complaint("run", *args, "--events=nothing", SEVERAL))

    def test_several_programs_need_a_choice(self):
        said = self.complaint("run", SEVERAL)
        self.assertIn("choose one of its 5 programs with --prog", said)
        for name in ("xdp_by_byte", "tc_jumps", "keep_twenty", "says_so"):
            self.assertIn(name, said)
        said = self.complaint("run", "--prog", "nothing", SEVERAL)
        self.assertIn("no program is called nothing", said)
        self.assertIn("xdp_by_byte", said)

    def test_a_packet_without_an_ethernet_header_is_refused(self):
        short = self.write("short", bytes(13))
        said = self.complaint("run", "--prog", "xdp_by_byte", "--data-in", short, SEVERAL)
        self.assertIn("short: byte 13", said)

    def test_files_that_are_not_there_are_named(self):
        for option in ("--data-in", "--ctx-in", "--pcap"):
            said = self.complaint("run", "--prog", "xdp_by_byte", option, "nothing", SEVERAL)
            self.assertIn("nothing: No such file", said)
        said = self.complaint("run", "--prog", "xdp_by_byte", "--data-in", "/", SEVERAL)
        self.assertIn("directory", said)
        said = self.complaint("run", "--prog", "xdp_by_byte", "--map", "numbers=nothing", SEVERAL)
        self.assertIn("nothing: No such file", said)


if __name__ == "__main__":
    main()
