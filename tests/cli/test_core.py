# SPDX-License-Identifier: BSD-2-Clause
"""Programs find the fields of the kernel that they meet (CO-RE), and do without those that it has not."""
from harness import CommandTest, frame, main, obj

MODES = ("jit", "interp", "checked")


class Core(CommandTest):
    def args(self, prog, *mode):
        values = self.write("flows", '[{"key": 0, "value": [1, 2, 3, 44]}]')
        return ("--prog", prog, "--btf", obj("core_kernel"), "--map", f"flows={values}", "--data-in",
                self.write("packet", frame(1)), *mode, obj("core"))

    def test_a_field_is_read_where_it_is_and_one_that_is_not_there_is_passed_by(self):
        for mode in MODES:
            self.assertEqual(self.run_json(*self.args("guarded", "--mode", mode))["retval"], 44, mode)

    def test_a_program_that_comes_to_a_field_that_is_not_there_is_stopped_with_the_reason(self):
        for mode in MODES:
            self.skep("run", *self.args("unguarded", "--unverified", "--mode", mode), code=1)
            self.assertIn("CO-RE", self.err)
            self.assertIn("unguarded", self.err)

    def test_the_verifier_refuses_a_program_that_can_come_to_such_a_field(self):
        self.skep("run", *self.args("unguarded"), code=1)
        self.assertIn("unguarded (tc", self.err.replace("sched_cls", "tc"))


main()
