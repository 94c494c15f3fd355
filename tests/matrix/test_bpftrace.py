# SPDX-License-Identifier: BSD-2-Clause
"""bpftrace programs without events: BEGIN and END, maps of every kind, printf."""
from harness import NO_BPF, ROOT, UNPRIVILEGED, Matrix, main, why_not

PROGRAMS = {
    "printf": r'printf("%d %s %x %c\n", 7, "words", 255, 65);',
    "maps": r'@a = 1; @b[1, "two"] = 3; @b[2, "one"] = 4; @a++; delete(@b[1, "two"]); printf("%d\n", @b[2, "one"]);',
    "aggregates": r'@c = count(); @s = sum(5); @m = max(9); @n = min(2); @v = avg(4); @t = stats(6);',
    "histograms": r'@h = hist(10); @h = hist(1000); @l = lhist(7, 0, 20, 5);',
    "arithmetic": r'$x = (uint64)17; $y = $x * 3 % 7; if ($y > 1) { printf("%d %d\n", $y, $x >> 2); } else { printf("no\n"); }',
    "loops": r'$i = 0; unroll(5) { $i = $i + 2; } printf("%d\n", $i);',
    "strings": r'@s["a"] = "b"; printf("%s %d\n", @s["a"], @s["a"] == "b"); printf("%s\n", str("literal", 4));',
    "printing and clearing": r'@x[1] = 1; @x[2] = 2; print(@x); clear(@x); @x[3] = 3; zero(@x);',
}


class Bpftrace(Matrix):
    # In worlds the limit of locked memory can always be raised; root without CAP_SYS_RESOURCE cannot raise the kernel's.
    NOISE = [(r"Attaching \d+ probes?\.\.\.\n", ""), (r"ERROR: .*couldn't set RLIMIT_MEMLOCK.*\n", "")]
    OPTIONS = {ROOT: (), UNPRIVILEGED: ("--root",), NO_BPF: ("--root",)}

    def test_one_liners(self):
        for name, text in PROGRAMS.items():
            for way in self.WAYS:
                with self.subTest(program=name):
                    self.same(["bpftrace", "-e", "BEGIN { " + text + " exit(); }"], ways=[way], options=self.OPTIONS[way])

    def test_the_end_is_run_too(self):
        for way in self.WAYS:
            said = self.same(["bpftrace", "-e", r'BEGIN { @n = 3; exit(); } END { printf("end %d\n", @n); clear(@n); }'],
                             ways=[way], options=self.OPTIONS[way])
            self.assertIn("end 3\n", said)

    def test_mistakes_are_told_alike(self):
        for way in self.WAYS:
            self.same(["bpftrace", "-e", "BEGIN { @a = nobody; }"], ways=[way], options=self.OPTIONS[way])


if __name__ == "__main__":
    main(why_not("bpftrace"))
