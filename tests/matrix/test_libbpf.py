# SPDX-License-Identifier: BSD-2-Clause
"""A program as libbpf's users write them: a skeleton with global data, a ring buffer and a perf buffer."""
import os

from harness import BUILD, Matrix, main, staged, why_not


class Skeleton(Matrix):
    def test_it_sees_the_same(self):
        said = self.same([staged(os.path.join(BUILD, "matrix_watch"))])
        self.assertIn("3 and 3 events", said)
        self.assertIn("length 200: 1", said)


if __name__ == "__main__":
    main(why_not())
