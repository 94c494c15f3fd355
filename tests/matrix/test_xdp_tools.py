# SPDX-License-Identifier: BSD-2-Clause
"""The objects of Debian's xdp-tools: loaded, with all their maps and programs."""
import glob
import os
import re

from harness import FDINFO, Matrix, main, why_not

OBJECTS = sorted(glob.glob("/usr/lib/*/bpf/*.o"))


class Objects(Matrix):
    NOISE = FDINFO + [
        (r"(?m)^\d+: ", "ID: "), (r"\b(btf_id|id) \d+", r"\1 ID"), (r"map_ids [\d,]+", "map_ids IDS"), (r"loaded_at \S+", "loaded_at TIME"),
        (r"uid \d+", "uid UID"), (r"(not jited|jited \d+B)", "JITED"), (r"xlated \d+B", "xlated")]

    def test_each_loads_as_on_the_kernel(self):
        loaded = 0
        for path in OBJECTS:
            with self.subTest(object=os.path.basename(path)):
                said = self.same(["sh", "-c", f"""
                    bpftool prog loadall {path} /sys/fs/bpf/x pinmaps /sys/fs/bpf/maps; echo status $?
                    ls /sys/fs/bpf/x /sys/fs/bpf/maps
                    for p in /sys/fs/bpf/x/*; do bpftool prog show pinned $p; done
                    for m in /sys/fs/bpf/maps/*; do bpftool map show pinned $m; done"""])
                loaded += len(re.findall("status 0", said))
        self.assertGreater(loaded, 2)


if __name__ == "__main__":
    main(why_not("bpftool") or (None if OBJECTS else "Debian's xdp-tools is not installed"))
