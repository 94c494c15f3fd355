# SPDX-License-Identifier: BSD-2-Clause
"""
Static Go programs on Debian's golang-github-cilium-ebpf-dev: one of ours, and the library's own tests. They are built
once, into the build directory; what has no libc cannot be reached below a filter that answers bpf(2).
"""
import os
import re
import shutil
import subprocess

from harness import BUILD, ROOT, UNPRIVILEGED, Matrix, in_world, main, on_kernel, run, staged, why_not

PACKAGE = "github.com/cilium/ebpf"
SOURCE = "/usr/share/gocode/src/" + PACKAGE
HERE = os.path.dirname(os.path.abspath(__file__))
ENV = dict(os.environ, GOPATH="/usr/share/gocode", GO111MODULE="off", CGO_ENABLED="0", GOFLAGS="",
           GOCACHE=os.path.join(BUILD, "go-cache"))

# Tests of the library whose outcome in a world is another, and why. A test that is not here has the kernel's outcome.
KNOWN = {
    "TestCgroupPerCPUStorageMarshaling": "there are no control groups to attach to",
    "TestHaveProgramType/LircMode2": "a world has the type; kernels may be built without it",
    "TestHaveProgramType": "of the one before",
    "TestMapInfoFromProc": "fdinfo is the kernel's",
    "TestProgramInfo/proc": "fdinfo is the kernel's",
    "TestBatchMapWithLock": "values have no locks yet",
    "TestMapWithLock": "values have no locks yet",
}


def go(*args):
    done = subprocess.run(["go", *args], capture_output=True, text=True, timeout=900, env=ENV, cwd=HERE, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def outcomes(text):
    return {name: outcome for outcome, name in re.findall(r"(?m)^ *--- (PASS|FAIL|SKIP): (\S+)", text)}


class Go(Matrix):
    WAYS = (ROOT, UNPRIVILEGED)

    def test_a_program_with_maps_and_readers(self):
        path = os.path.join(BUILD, "go-watch")
        go("build", "-o", path, os.path.join(HERE, "go/watch.go"))
        said = self.same([staged(path), staged(os.path.join(BUILD, "matrix_watch.o"))])
        self.assertIn("length 64: 2", said)

    def suite(self, package):
        """Each of the library's tests ends in a world as on the kernel."""
        path = os.path.join(BUILD, f"go-{package}.test")
        where = os.path.join(SOURCE, package)
        if not os.path.exists(path):
            go("test", "-c", "-o", path, os.path.join(PACKAGE, package))
        cmd = [staged(path), "-test.v", "-test.timeout=200s"]
        kernel = outcomes(on_kernel(cmd, cwd=where, seconds=300).stdout)
        self.assertGreater(list(kernel.values()).count("PASS"), 3)
        for way in self.WAYS:
            with self.subTest(world=way):
                done = run(in_world(way) + cmd, way, cwd=where, seconds=300)
                ours = outcomes(done.stdout)
                odd = [f"{name}: {ours.get(name)}, on the kernel {outcome}" for name, outcome in kernel.items()
                       if ours.get(name) != outcome and re.sub(r"/\S*\.elf.*", "", name) not in KNOWN]
                self.assertEqual(odd, [], done.stdout + done.stderr)

    def test_the_tests_of_maps_and_programs(self):
        self.suite(".")

    def test_the_tests_of_ring_buffers(self):
        self.suite("ringbuf")

    def test_the_tests_of_perf_buffers(self):
        self.suite("perf")

    def test_the_tests_of_feature_probes(self):
        self.suite("features")

    def test_the_tests_of_types(self):
        self.suite("btf")


if __name__ == "__main__":
    reason = why_not("go")
    if not reason and not os.path.isdir(SOURCE):
        reason = "Debian's golang-github-cilium-ebpf-dev is not installed"
    if not reason and not os.path.isdir("/usr/share/gocode/src/github.com/frankban/quicktest"):
        reason = "Debian's golang-github-frankban-quicktest-dev is not installed"
    main(reason)
