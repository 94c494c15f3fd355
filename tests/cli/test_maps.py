# SPDX-License-Identifier: BSD-2-Clause
"""Maps filled from JSON before a run, and shown after it."""
import json

from harness import CommandTest, main, obj

SEVERAL = obj("several")
KEY = {"addr": "10.0.0.1", "port": 80, "proto": 6, "flag": 7, "name": "eth0"}
VALUE = {"packets": 2**64 - 1, "colour": "BLUE", "word": 0x04030201, "seen": True}


class Maps(CommandTest):
    def fill(self, name, content, *more, code=0):
        text = content if isinstance(content, str) else json.dumps(content)
        path = self.write(name + ".json", text)
        args = ["run", "--json", "--prog", "says_so", "--maps", "--map", f"{name}={path}", *more, SEVERAL]
        out = self.skep(*args, code=code)
        return json.loads(out)["maps"] if code == 0 else self.err

    def test_a_struct_goes_in_and_comes_out(self):
        entries = self.fill("table", [{"key": KEY, "value": VALUE}])["table"]["entries"]
        self.assertEqual(len(entries), 1)
        self.assertEqual(entries[0]["key"], {"addr": 0x0100000A, "port": 80, "proto": 6, "flag": 7, "name": "eth0"})
        self.assertEqual(entries[0]["value"], {"packets": 2**64 - 1, "colour": "BLUE", "word": 0x04030201,
                                               "bytes": [1, 2, 3, 4], "seen": True})

    def test_what_is_printed_can_be_read_back(self):
        first = self.fill("table", [{"key": KEY, "value": VALUE}])["table"]
        for entry in first["entries"]:
            del entry["value"]["word"]  # the same bytes again
        self.assertEqual(self.fill("table", first)["table"]["entries"][0]["value"]["word"], 0x04030201)

    def test_maps_are_shown_as_c_would_initialise_them(self):
        path = self.write("t.json", json.dumps([{"key": KEY, "value": VALUE}]))
        numbers = self.write("n.json", json.dumps([{"key": i, "value": -i} for i in range(3)]))
        out = self.skep("run", "--prog", "says_so", "--maps", "--map", f"table={path}",
                        "--map", f"numbers={numbers}", SEVERAL)
        self.assertIn('[{ .addr = 16777226, .port = 80, .proto = 6, .flag = 7, .name = "eth0" }] = {', out)
        self.assertIn(".colour = BLUE,", out)
        self.assertIn("}; /* hash, 1 of 16 entries */", out)
        self.assertIn("numbers = {\n\t[0] = 0,\n\t[1] = -1,\n\t[2] = -2,\n\t[3 ... 99] = 0,\n}; /* array, 100 of 100 entries */", out)
        self.assertIn("several.data = { .wanted = 2 };", out)

    def test_per_cpu_values_are_for_all_cpus_or_one_each(self):
        entries = self.fill("per_cpu", [{"key": 1, "value": 9}])["per_cpu"]["entries"]
        cpus = len(entries[1]["values"])
        self.assertEqual(entries[1]["values"], [9] * cpus)
        each = list(range(5, 5 + cpus))
        entries = self.fill("per_cpu", [{"key": 1, "values": each}])["per_cpu"]["entries"]
        self.assertEqual(entries[1]["values"], each)
        self.assertIn("one for each CPU", self.fill("per_cpu", [{"key": 1, "values": each + [1]}], code=2))

    def test_variables_can_be_set_and_the_others_stay(self):
        r = self.fill("several.bss", [{"value": {"total": 40}}])
        self.assertEqual(r["several.bss"]["entries"][0]["value"]["total"], 40)

    def test_queues_are_filled_in_order(self):
        self.assertEqual(self.fill("queue", [{"value": 5}, {"value": 6}])["queue"]["entries"], [{"value": 5}])

    def test_without_types_bytes_are_given_as_hexadecimal(self):
        r = self.fill("untyped", [{"key": "00000001", "value": "abcdef"}])
        self.assertEqual(r["untyped"]["entries"], [{"key": "00000001", "value": "abcdef"}])
        self.assertIn("6 hexadecimal digits", self.fill("untyped", [{"key": "00000001", "value": "ab"}], code=2))

    def test_numbers_may_be_strings(self):
        r = self.fill("numbers", [{"key": "0x10", "value": "-7"}])
        self.assertEqual(r["numbers"]["entries"][16]["value"], -7)

    def test_what_does_not_fit_is_named_with_its_place(self):
        wrong = {
            "table.json: entry 0: key.port: 65536 does not fit into 16 unsigned bits":
                [{"key": {**KEY, "port": 65536}, "value": VALUE}],
            "entry 1: key.proto: 32 does not fit into 5 unsigned bits":
                [{"key": KEY, "value": VALUE}, {"key": {"proto": 32}, "value": {}}],
            'value.colour: a name of the enum or an integer is needed, not "MAUVE"':
                [{"key": KEY, "value": {"colour": "MAUVE"}}],
            "value.packets: -1 does not fit": [{"key": KEY, "value": {"packets": -1}}],
            "value.bytes: 5 elements for an array of 4": [{"key": KEY, "value": {"bytes": [0] * 5}}],
            "value.bytes[1]: 256 does not fit": [{"key": KEY, "value": {"bytes": [0, 256]}}],
            "value.weight: there is no such member": [{"key": KEY, "value": {"weight": 1}}],
            "key.name: a text of 9 bytes does not fit into char[8]": [{"key": {"name": "ninechars"}, "value": {}}],
            "value: an object is needed, not 3": [{"key": KEY, "value": 3}],
            'entry 0: there is no "key"': [{"value": VALUE}],
            'entry 0: there is no "value"': [{"key": KEY}],
            "entry 0: an object with": [1],
            "a list of entries is needed": {"key": 1},
        }
        for sentence, content in wrong.items():
            self.assertIn(sentence, self.fill("table", content, code=2))

    def test_broken_json_is_named_with_line_and_column(self):
        self.assertIn("table.json:2:9:", self.fill("table", '[\n {"key" 1}]', code=2))
        self.assertIn("unexpected end of data", self.fill("table", '[{"key": 1', code=2))
        self.assertIn("more follows", self.fill("table", "[] []", code=2))
        self.assertIn("table.json:1:1:", self.fill("table", "", code=2))
        self.assertIn("null", self.fill("table", "null", code=2))
        self.assertIn("table.json:1:", self.fill("table", b"\xff\xfe\0\0".decode("latin-1"), code=2))

    def test_what_the_map_refuses_is_said_with_its_reason(self):
        said = self.fill("numbers", [{"key": 100, "value": 1}], code=2)
        self.assertIn("entry 0: map numbers refuses it", said)

    def test_maps_that_are_not_there_are_named_with_those_that_are(self):
        said = self.complaint("run", "--prog", "says_so", "--map", "nothing=x", SEVERAL)
        self.assertIn("no map is called nothing", said)
        self.assertIn("per_cpu", said)
        said = self.complaint("run", "--prog", "says_so", "--map", "events=x", SEVERAL)
        self.assertIn("a ringbuf cannot be filled", said)

    def test_programs_and_their_names_in_jump_tables(self):
        r = self.fill("jumps", [{"key": 2, "value": "tc_target"}])
        self.assertEqual(r["jumps"]["entries"], [{"key": 2, "value": "tc_target"}])
        self.assertIn("name of a loaded program", self.fill("jumps", [{"key": 2, "value": "no"}], code=2))


if __name__ == "__main__":
    main()
