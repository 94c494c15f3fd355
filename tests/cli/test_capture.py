# SPDX-License-Identifier: BSD-2-Clause
"""`skep run --pcap`: every packet through a program, counted by what became of it."""
import struct

from harness import CommandTest, frame, main, obj, pcap, pcap_frames

SEVERAL = obj("several")
MIX = [frame(2), frame(1), frame(3, 100), frame(4), frame(2), b"short", frame(0), frame(9)]


class Capture(CommandTest):
    def capture(self, *args, frames=None, prog="xdp_by_byte", **kwargs):
        path = self.write("in.pcap", pcap(MIX if frames is None else frames, **kwargs))
        return self.run_json("--prog", prog, "--pcap", path, *args, SEVERAL)

    def test_packets_are_counted_by_verdict(self):
        r = self.capture()
        self.assertEqual(r["packets"], 8)
        self.assertEqual(r["verdicts"], {"XDP_ABORTED": 1, "XDP_DROP": 1, "XDP_PASS": 2, "XDP_TX": 1,
                                         "XDP_REDIRECT": 1, "unknown XDP action": 1})
        self.assertEqual((r["rewritten"], r["redirected"], r["not_run"]), (1, 1, 1))
        self.assertGreaterEqual(r["max_duration_ns"], r["duration_ns"])
        self.assertEqual(r["events"]["events"]["count"], 7)

    def test_out_gets_what_goes_on_with_its_times(self):
        r = self.capture("--out", self.path("out.pcap"))
        self.assertEqual(r["written"], 4)
        out = pcap_frames(self.read("out.pcap"))
        self.assertEqual([(s, u) for s, u, _ in out], [(1000, 0), (1002, 2), (1003, 3), (1004, 4)])
        self.assertEqual(out[1][2], b"\xee" + frame(3, 100)[1:])

    def test_nanoseconds_stay_nanoseconds(self):
        self.capture("--out", self.path("out.pcap"), magic=0xA1B23C4D)
        self.assertEqual(struct.unpack_from("<I", self.read("out.pcap"))[0], 0xA1B23C4D)
        self.assertEqual(pcap_frames(self.read("out.pcap"))[1][:2], (1002, 2))

    def test_a_socket_filter_keeps_as_much_as_it_says(self):
        r = self.capture("--out", self.path("out.pcap"), prog="keep_twenty", frames=[frame(7), frame(0, 45), frame(0, 40)])
        self.assertEqual(r["verdicts"], {"accepted": 2, "dropped": 1})
        # 20 bytes behind the Ethernet header, which a test run does not show to a filter
        self.assertEqual([f for _, _, f in pcap_frames(self.read("out.pcap"))], [frame(7)[:34], frame(0)[:34]])
        self.assertEqual(r["rewritten"], 0)

    def test_tc_programs_have_their_own_verdicts(self):
        self.assertEqual(self.capture(prog="tc_target", frames=[frame(0)] * 3)["verdicts"], {"TC_ACT_SHOT": 3})

    def test_people_get_a_table_without_progress_in_a_pipe(self):
        path = self.write("in.pcap", pcap(MIX))
        out = self.skep("run", "--prog", "xdp_by_byte", "--pcap", path, SEVERAL)
        self.assertRegex(out, r"XDP_PASS +2 +25\.0 %")
        self.assertRegex(out, r"not run +1")
        self.assertRegex(out, r"redirected +1")
        self.assertIn("time per packet", out)
        self.assertNotIn("\r", out + self.err)

    def test_an_empty_capture_is_no_error(self):
        path = self.write("in.pcap", pcap([]))
        self.skep("run", "--prog", "xdp_by_byte", "--pcap", path, SEVERAL)

    def test_captures_that_are_none_are_named(self):
        for name, data, why in (("text", b"this is no capture at all, but it is long enough", "byte"),
                                ("empty", b"", "byte 0"), ("wifi", pcap([], link=105), "link type IEEE802_11")):
            said = self.complaint("run", "--prog", "xdp_by_byte", "--pcap", self.write(name, data), SEVERAL)
            self.assertIn(name, said)
            self.assertIn(why, said)

    def test_a_capture_cut_short_says_after_which_packet(self):
        path = self.write("cut.pcap", pcap(MIX)[:-10])
        self.skep("run", "--prog", "xdp_by_byte", "--pcap", path, SEVERAL, code=2)
        self.assertIn("cut.pcap: byte", self.err)
        self.assertIn("after packet 7", self.err)

    def test_other_programs_have_no_packets(self):
        path = self.write("in.pcap", pcap(MIX))
        said = self.complaint("run", "--prog", "says_so", "--pcap", path, SEVERAL)
        self.assertIn("needs an XDP, TC or socket filter program", said)

    def test_an_output_that_cannot_be_made_is_named(self):
        path = self.write("in.pcap", pcap(MIX))
        said = self.complaint("run", "--prog", "xdp_by_byte", "--pcap", path, "--out", "/no/where", SEVERAL)
        self.assertIn("/no/where", said)


if __name__ == "__main__":
    main()
