# SPDX-License-Identifier: BSD-2-Clause
"""Debian's bpftool says the same inside a world as on the kernel, but for ids, times and what belongs to the machine."""
import os
import re

from harness import BUILD, FDINFO, ROOT, Matrix, in_world, main, on_kernel, run, staged, why_not

SEVERAL = staged(os.path.join(os.environ["SKEP_TEST_OBJECTS"], "several.o"))
WATCH = staged(os.path.join(BUILD, "matrix_watch.o"))

# Lines and fields that are the machine's and not the call's. pids come from an iterator that bpftool attaches.
NOISE = FDINFO + [
    (r"(?m)^\s*pids .*\n", ""),
    (r"(?m)^\d+: ", "ID: "),
    (r'"(id|btf_id|uid|loaded_at|bytes_xlated)": ?\d+', r'"\1":N'),
    (r'(?s)"(map_ids|prog_ids)": ?\[.*?\]', r'"\1":[]'),
    (r'(?m)^ *"bytes_jited".*\n|"bytes_jited":\d+,', ""),
    (r'"jited": ?(true|false)', r'"jited":MAYBE'),
    (r"\b(btf_id|id) \d+", r"\1 ID"),
    (r"(map_ids|prog_ids) [\d,]+", r"\1 IDS"),
    (r"loaded_at \S+", "loaded_at TIME"),
    (r"uid \d+", "uid UID"),
    (r"(not jited|jited \d+B)", "JITED"),
    (r"xlated \d+B", "xlated"),  # the kernel counts what it has put in place of helper calls
    (r"duration( \(average\))?: \d+ns", r"duration\1: TIME"),
    (r"map\[id:\d+\]", "map[id:ID]"),
    (r"libbpf: .*\n", ""),
    (r"\(18\) (r\d) = 0x[0-9a-f]+ +;", r"(18) \1 = ADDRESS ;"),  # in the verifier's log
]


class Compared(Matrix):
    NOISE = NOISE

    def both(self, script, **kwargs):
        """The script's output and exit status are the kernel's in every world."""
        script = script.replace("PINS", "/sys/fs/bpf/pin").replace("SEVERAL", SEVERAL).replace("WATCH", WATCH)
        return self.same(["sh", "-c", script], **kwargs)

    def test_maps_are_created_filled_and_dumped(self):
        self.both("""
            bpftool map create PINS type hash key 4 value 8 entries 10 name one
            bpftool map update pinned PINS key 1 0 0 0 value 1 2 3 4 5 6 7 8
            bpftool map update pinned PINS key 1 0 0 0 value 9 2 3 4 5 6 7 8 noexist
            bpftool map update pinned PINS key 2 0 0 0 value 9 2 3 4 5 6 7 8 exist
            bpftool map lookup pinned PINS key 1 0 0 0
            bpftool map lookup pinned PINS key 7 0 0 0
            bpftool map getnext pinned PINS
            bpftool map getnext pinned PINS key 1 0 0 0
            bpftool map show pinned PINS
            bpftool -j map dump pinned PINS
            bpftool map delete pinned PINS key 1 0 0 0
            bpftool map delete pinned PINS key 1 0 0 0
            bpftool map dump pinned PINS""")

    def test_every_map_type_has_its_shape(self):
        shapes = ["array key 4 value 8 entries 3", "percpu_hash key 8 value 4 entries 3", "lru_hash key 4 value 4 entries 9",
                  "lpm_trie key 8 value 1 entries 4 flags 1", "stack key 0 value 4 entries 3", "queue key 0 value 4 entries 3",
                  "prog_array key 4 value 4 entries 2", "ringbuf key 0 value 0 entries 4096", "array key 3 value 4 entries 1",
                  "hash key 4 value 4 entries 0", "stack_trace key 4 value 16 entries 4", "ringbuf key 0 value 0 entries 4095"]
        self.both("\n".join(f"bpftool map create PINS-{i} type {shape} name m{i} && bpftool map show pinned PINS-{i}; "
                            f"bpftool map peek pinned PINS-{i}; bpftool map push pinned PINS-{i} value 1 2 3 4; "
                            f"bpftool map dump pinned PINS-{i}" for i, shape in enumerate(shapes)
                            if "percpu" not in shape))

    def test_maps_can_be_frozen(self):
        self.both("""
            bpftool map create PINS type array key 4 value 4 entries 1 name cold
            bpftool map freeze pinned PINS
            bpftool map freeze pinned PINS
            bpftool map update pinned PINS key 0 0 0 0 value 1 2 3 4
            bpftool map dump pinned PINS""")

    def test_programs_are_loaded_shown_and_run(self):
        self.both("""
            head -c 64 /dev/zero > /tmp/skep-door-in.$$
            bpftool prog load SEVERAL PINS
            bpftool prog show pinned PINS
            bpftool prog run pinned PINS data_in /tmp/skep-door-in.$$ repeat 3
            bpftool prog pin pinned PINS PINS
            bpftool prog show pinned PINS-nowhere
            bpftool map show pinned PINS
            rm /tmp/skep-door-in.$$""")

    def test_objects_that_are_not_there_give_the_same_errors(self):
        self.both("""
            bpftool prog show id 99999999
            bpftool map dump id 99999999
            bpftool btf dump id 99999999
            bpftool prog load /dev/null PINS
            bpftool prog load /no/such/file PINS""")

    def test_nothing_is_attached_anywhere(self):
        self.both("bpftool net; bpftool cgroup tree; bpftool cgroup show /sys/fs/cgroup/unified; bpftool link show; echo end")

    def test_an_objects_programs_and_maps_are_pinned(self):
        said = self.both("""
            bpftool prog loadall SEVERAL PINS pinmaps PINS-maps
            ls PINS PINS-maps
            for p in PINS/*; do bpftool prog show pinned $p; bpftool -jp prog show pinned $p; done
            for m in PINS-maps/*; do
                bpftool map show pinned $m; bpftool -jp map show pinned $m; bpftool map dump pinned $m
                bpftool -j map dump pinned $m; bpftool btf dump map pinned $m; bpftool map getnext pinned $m
                bpftool map pin pinned $m $m-again; bpftool map show pinned $m-again
            done
            rm PINS/xdp_by_byte; ls PINS; bpftool prog show pinned PINS/xdp_by_byte""")
        self.assertIn("table-again", self.both("bpftool prog loadall SEVERAL PINS pinmaps PINS; ls PINS; mv PINS/table PINS/table-again; "
                                               "bpftool map show pinned PINS/table-again; ls PINS"))

    def test_maps_are_given_to_programs_by_name(self):
        self.both("""
            bpftool map create PINS-numbers type array key 4 value 4 entries 100 name numbers
            bpftool map update pinned PINS-numbers key 5 0 0 0 value 1 2 3 4
            bpftool prog load SEVERAL PINS map name numbers pinned PINS-numbers
            bpftool prog show pinned PINS
            bpftool map lookup pinned PINS-numbers key 5 0 0 0
            bpftool prog load SEVERAL PINS-2 type classifier; bpftool prog show pinned PINS-2
            bpftool prog load SEVERAL PINS-3 type nonsense""")

    def test_objects_are_found_by_name_and_tag_and_id(self):
        self.both("""
            bpftool prog loadall WATCH PINS
            tag=$(bpftool prog show pinned PINS/watch | sed -n 's/.* tag \\([0-9a-f]*\\).*/\\1/p')
            id=$(bpftool prog show pinned PINS/watch | sed -n 's/^\\([0-9]*\\):.*/\\1/p')
            bpftool prog show name watch; bpftool prog show tag $tag; bpftool prog show id $id
            bpftool map show name lengths; bpftool map dump name watch.data; bpftool map dump name watch.bss; bpftool -jp map dump name watch.rodata
            bpftool prog show name nobody; bpftool map show name nobody; bpftool prog show tag 0011223344556677""")

    def test_typed_maps_are_dumped_with_their_types(self):
        self.both("""
            bpftool prog load SEVERAL PINS
            k="key hex 1 2 3 4 5 6 7 8 9 a b c d e f 0"
            bpftool map update name table $k value hex 1 2 3 4 5 6 7 8 9 a b c d e f 0 1 2 3 4 5 6 7 8
            bpftool map dump name table; bpftool -jp map dump name table; bpftool -j map lookup name table $k
            bpftool map update name numbers key 7 0 0 0 value 255 255 255 255
            bpftool map lookup name numbers key 7 0 0 0; bpftool map dump name per_cpu; bpftool -jp map dump name per_cpu
            bpftool map push name queue value 1 0 0 0; bpftool map push name queue value 2 0 0 0
            bpftool map peek name queue; bpftool map pop name queue; bpftool -j map pop name queue; bpftool map pop name queue
            bpftool map enqueue name queue value 4 0 0 0; bpftool map dequeue name queue""")

    def test_types_are_shown_and_dumped(self):
        self.both("""
            bpftool prog load SEVERAL PINS
            bpftool btf dump prog pinned PINS; bpftool btf dump prog pinned PINS format c
            bpftool -j btf dump prog pinned PINS
            for what in key value kv all; do bpftool btf dump map name table $what; done
            bpftool btf dump map name untyped; bpftool btf dump map name numbers format c
            id=$(bpftool prog show pinned PINS | sed -n 's/.*btf_id \\([0-9]*\\).*/\\1/p')
            bpftool btf show id $id; bpftool -jp btf show id $id; bpftool btf dump id $id format raw
            bpftool btf show | head -1; bpftool -j btf show id 1 | head -c 100; bpftool btf dump id 1 | md5sum
            bpftool btf dump file SEVERAL; bpftool btf dump file SEVERAL format c""")

    def test_code_is_generated_from_objects(self):
        self.both("""
            bpftool gen skeleton SEVERAL; bpftool gen skeleton SEVERAL name other | head -30; bpftool gen subskeleton SEVERAL
            bpftool gen skeleton -L WATCH | md5sum
            d=$(mktemp -d); bpftool gen object $d/linked.o SEVERAL; md5sum <$d/linked.o; bpftool btf dump file $d/linked.o | wc -l
            bpftool gen min_core_btf SEVERAL $d/min.btf WATCH; ls $d; rm -r $d""")

    def test_batches_of_commands_are_run(self):
        self.both("""
            f=$(mktemp); cat >$f <<END
map create PINS type hash key 4 value 4 entries 100 name many
map update pinned PINS key 1 0 0 0 value 1 0 0 0
map update pinned PINS key 2 0 0 0 value 2 0 0 0
map lookup pinned PINS key 2 0 0 0
map delete pinned PINS key 1 0 0 0
map dump pinned PINS
END
            bpftool batch file $f; bpftool -j batch file $f; rm $f""")

    def test_events_of_a_program_are_printed(self):
        """By a perf buffer of bpftool's, while the program runs."""
        said = self.both("""
            head -c 64 /dev/zero >/tmp/skep-matrix-in.$$
            bpftool prog loadall WATCH PINS pinmaps PINS-maps
            bpftool -jp map event_pipe pinned PINS-maps/perf >/tmp/skep-matrix-out.$$ & pipe=$!
            sleep 1; bpftool prog run pinned PINS/watch data_in /tmp/skep-matrix-in.$$ repeat 3; sleep 1; kill -INT $pipe; wait $pipe
            grep -v -e timestamp -e '"cpu"' -e '"index"' /tmp/skep-matrix-out.$$; rm /tmp/skep-matrix-in.$$ /tmp/skep-matrix-out.$$""")
        self.assertIn('"data"', said)

    def test_links_that_are_not_there(self):
        self.both("""
            bpftool link show; bpftool -j link show; bpftool link show id 99999999; bpftool link pin id 99999999 PINS
            bpftool link detach id 99999999; bpftool link show pinned PINS
            bpftool prog load SEVERAL PINS; bpftool link show pinned PINS""")

    def test_a_programs_instructions_are_dumped(self):
        """skep has them as they were loaded; the kernel's own are rewritten, so what is left alone is compared."""
        self.both("""
            bpftool prog load WATCH PINS
            bpftool prog dump xlated pinned PINS | grep '^; '
            bpftool prog dump xlated pinned PINS opcodes | grep -A 1 exit | grep -v :
            bpftool prog dump xlated pinned PINS linum | grep -c line_num
            bpftool -jp prog dump xlated pinned PINS | grep -c disasm >/dev/null && echo instructions
            d=$(mktemp -d); bpftool prog dump xlated pinned PINS file $d/x; [ $(($(stat -c %s $d/x) % 8)) = 0 ] && echo whole; rm -r $d
            bpftool prog dump xlated id 99999999""", ways=(ROOT,))


# What kernels are built with or without, and what a world does not have yet.
# Beside them, programs on functions of the kernel, on its hooks for security and in place of others: kernels may be
# built without what they need, or refuse them, as they do infrared receivers. And nobody needs privileges for bpf(2) in a world.
FEATURES = re.compile(r"(?i)lirc_mode2|struct_ops|(program_type|PROG_TYPE_|program type) ?(tracing|ext|lsm)\b|HAVE_(TRACING|EXT|LSM)_PROG"
                      r"|PROG_TYPE_(tracing|ext|lsm)__|^bpf\(\) syscall (restricted|for unprivileged)")


class Features(Matrix):
    """Thousands of programs and maps are tried: each must fail or work as on the kernel."""

    def probe(self, *args, ways=None):
        def facts(done):
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.splitlines()

        cmd = ["bpftool", *args, "feature", "probe"]
        kernel = facts(on_kernel(cmd))
        for way in ways or self.WAYS:
            with self.subTest(world=way):
                ours = facts(run(in_world(way) + cmd, way))
                self.assertEqual(self.without(ours), self.without(kernel))
        return "\n".join(kernel)

    @staticmethod
    def without(lines):
        """Less the sections and lines of FEATURES."""
        kept, skipping = [], False
        for line in lines:
            if line.startswith("eBPF helpers supported for program type"):
                skipping = bool(FEATURES.search(line))
            elif not line.strip().startswith("-") and "type not supported" not in line and "Could not determine" not in line:
                skipping = False
            if not skipping and not FEATURES.search(line):
                kept.append(line)
        return kept

    def test_as_root(self):
        said = self.probe(ways=(ROOT,))
        self.assertIn("eBPF program_type xdp is available", said)

    def test_macros(self):
        cmd = ["bpftool", "feature", "probe", "macros", "prefix", "SKEP_"]
        kernel, ours = on_kernel(cmd).stdout.splitlines(), run(in_world(ROOT) + cmd).stdout.splitlines()
        self.assertEqual([f for f in ours if not FEATURES.search(f)], [f for f in kernel if not FEATURES.search(f)])


if __name__ == "__main__":
    main(why_not("bpftool"))
