# SPDX-License-Identifier: BSD-2-Clause
"""What the command says about itself, and about command lines that make no sense."""
import os
import re
import subprocess

from harness import SKEP, CommandTest, main, obj


class Usage(CommandTest):
    def test_alone_it_explains_itself_in_a_screen(self):
        out = self.skep()
        self.assertLess(out.count("\n"), 24)
        for word in ("run", "disasm", "help", "version", "Exit codes", "man skep"):
            self.assertIn(word, out)
        self.assertEqual(out, self.skep("help"))
        self.assertEqual(out, self.skep("--help"))

    def test_each_command_has_its_help(self):
        out = self.skep("help", "run")
        for option in ("--prog NAME", "--pcap FILE", "--out FILE", "--data-in FILE", "--repeat N", "--mode MODE",
                       "--unverified", "--map NAME=FILE", "--maps", "--events[=STRUCT]", "--json"):
            self.assertIn(option, out)
        self.assertEqual(out, self.skep("run", "--help"))
        self.assertNotIn("--pcap", self.skep("help", "disasm"))
        self.assertIn("version", self.skep("help", "version"))

    def test_the_manual_page_has_every_option(self):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(here, "../../docs/man/skep.1"), encoding="utf-8") as f:
            page = f.read()
        options = set(re.findall(r"^  --([a-z-]+)", self.skep("help", "run") + self.skep("help", "disasm"), re.M))
        self.assertGreater(len(options), 15)
        for option in options:
            self.assertIn(f"Fl -{option}", page)

    def test_the_version_is_a_version(self):
        self.assertRegex(self.skep("version"), r"^skep \d+\.\d+\.\d+\n$")
        self.skep("--version")

    def test_unknown_words_are_named(self):
        self.assertIn("fly: no such command", self.complaint("fly"))
        self.assertIn("fly: no such command", self.complaint("help", "fly"))
        self.assertIn("--wings: no such option", self.complaint("run", "--wings", "x.o"))
        self.assertIn("--pcap: no such option", self.complaint("disasm", "--pcap", "x.o"))

    def test_an_option_without_its_argument_is_named(self):
        self.assertIn("--prog needs an argument", self.complaint("run", "--prog"))

    def test_an_object_is_needed_and_only_one(self):
        self.assertIn("which object?", self.complaint("run"))
        self.assertIn("b.o: one object at a time", self.complaint("run", "a.o", "b.o"))

    def test_numbers_and_modes_are_checked(self):
        for bad in ("0", "-1", "many", "", "99999999999", "1x"):
            self.assertIn("--repeat", self.complaint("run", "--repeat", bad, obj("several")))
        self.assertIn("--mode fast", self.complaint("run", "--mode", "fast", obj("several")))

    def test_options_that_exclude_each_other_say_so(self):
        o = obj("several")
        self.assertIn("exclude each other", self.complaint("run", "--pcap", "a", "--data-in", "b", o))
        self.assertIn("--out needs --pcap", self.complaint("run", "--out", "a", o))
        self.assertIn("--kernel", self.complaint("run", "--kernel", "--unverified", o))
        self.assertIn("NAME=FILE", self.complaint("run", "--map", "table", o))
        self.assertIn("NAME=FILE", self.complaint("run", "--map", "=x", o))

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([SKEP, "version"], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"standard output", done.stderr)


if __name__ == "__main__":
    main()
