# SPDX-License-Identifier: BSD-2-Clause
"""Where the machine's kernel says nothing of its types, a world has some all the same: programs find them (CO-RE),
vmlinux.h can be made of them, and the verifier knows them."""
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import NO_MOUNTS, SKEP, USERS, main, until

CLANG = shutil.which("clang-19") or shutil.which("clang")
HIDE = 'mount -t tmpfs -o mode=755 none /sys/kernel/btf && exec "$@"'
# No directory for it either, as in kernels that were built without.
HIDE_ALL = ("mount -t tmpfs -o mode=755 none /sys/kernel && mkdir /sys/kernel/debug /sys/kernel/tracing /sys/kernel/mm && "
            'exec "$@"')
PROGRAM = """
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char _license[] SEC("license") = "GPL";
int parent, bit, late;

extern int bpf_dynptr_from_xdp(struct xdp_md *x, __u64 flags, struct bpf_dynptr *ptr__uninit) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;

struct task_struct___other {
	int no_kernel_has_this;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter") int reads(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	parent = BPF_CORE_READ(task, real_parent, tgid);
	late = bpf_core_field_exists(((struct task_struct___other *)0)->no_kernel_has_this);
	return 0;
}

SEC("raw_tp/sys_enter") int walks(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	parent = task->pid + task->mm->map_count;
	return 0;
}

SEC("xdp") int calls(struct xdp_md *ctx)
{
	struct bpf_dynptr packet;

	bpf_dynptr_from_xdp(ctx, 0, &packet);
	return bpf_dynptr_size(&packet) == 64 && bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ringbuf_output)
		? XDP_PASS : XDP_DROP;
}
"""


def as_user(uid):
    return [] if uid == os.getuid() else ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]


class Types(unittest.TestCase):
    def setUp(self):
        stage = tempfile.TemporaryDirectory(prefix="skep-types-")
        self.addCleanup(stage.cleanup)
        os.chmod(stage.name, 0o777)
        self.dir = stage.name

    def hidden(self, how, *cmd):
        inside = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
        done = subprocess.run([*inside, "sh", "-c", how, "sh", *cmd], capture_output=True, text=True, timeout=120)
        if done.stderr.startswith(("unshare:", "mount:")):
            self.skipTest("nothing can be hidden here")
        return done

    def in_world(self, script, how=HIDE, uid=os.getuid(), options=()):
        done = self.hidden(how, *as_user(uid), SKEP, "exec", *options, "--", "sh", "-ec", script)
        if NO_MOUNTS in done.stderr:
            self.skipTest(NO_MOUNTS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def compiled(self):
        self.in_world(f"bpftool btf dump file /sys/kernel/btf/vmlinux format c > {self.dir}/vmlinux.h")
        with open(f"{self.dir}/p.bpf.c", "w", encoding="utf-8") as f:
            f.write(PROGRAM)
        subprocess.run([CLANG, "-O2", "-g", "-target", "bpf", "-D__TARGET_ARCH_x86", "-c", "p.bpf.c", "-o", "p.o"],
                       cwd=self.dir, check=True)
        return f"{self.dir}/p.o"

    def test_the_file_is_there_and_is_what_the_world_has(self):
        script = "stat -c %s /sys/kernel/btf/vmlinux; bpftool btf show | head -1; ls /sys/kernel"
        for how in (HIDE, HIDE_ALL):
            for uid in USERS:
                out = self.in_world(script, how, uid).split()
                self.assertIn(f"size {out[0]}B", " ".join(out))
                self.assertIn("debug", out)

    def test_programs_compiled_with_it_load_and_run(self):
        obj = self.compiled()
        out = self.in_world(f"bpftool prog loadall {obj} /sys/fs/bpf/p; ls /sys/fs/bpf/p; head -c 64 /dev/zero > {self.dir}/in; "
                            f"bpftool prog run pinned /sys/fs/bpf/p/calls data_in {self.dir}/in")
        self.assertEqual(out.split()[:3], ["calls", "reads", "walks"])
        self.assertIn("Return value: 2", out)

    def test_the_command_finds_the_same_types(self):
        obj = self.compiled()
        for prog in ("reads", "walks", "calls"):
            done = self.hidden(HIDE, SKEP, "verify", "--prog", prog, obj)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.hidden(HIDE, SKEP, "run", "--prog", "calls", obj)
        self.assertIn("2", done.stdout, done.stderr)

    def test_a_world_with_a_name_keeps_the_file_for_those_who_come_later(self):
        name = f"types-{os.getpid()}"
        try:
            done = self.hidden(HIDE, "sh", "-ec", f"{SKEP} exec -w {name} -- stat -c %s /sys/kernel/btf/vmlinux; "
                          f"{SKEP} exec -w {name} -- stat -c %s /sys/kernel/btf/vmlinux")
            sizes = done.stdout.split()
            self.assertEqual(len(sizes), 2, done.stderr)
            self.assertEqual(sizes[0], sizes[1])
        finally:
            subprocess.run([SKEP, "down", name], capture_output=True, check=False)
        self.assertTrue(until(lambda: name not in subprocess.run([SKEP, "worlds"], capture_output=True, text=True,
                                                                 check=False).stdout))

    @unittest.skipIf(not os.path.exists("/sys/kernel/btf/vmlinux"), "this kernel has no BTF")
    def test_what_the_kernel_says_itself_stays(self):
        done = subprocess.run([SKEP, "exec", "--", "stat", "-f", "-c", "%T", "/sys/kernel/btf"], capture_output=True, text=True,
                              timeout=60, check=True)
        self.assertEqual(done.stdout.strip(), "sysfs")


if not CLANG or not shutil.which("bpftool"):
    print("skipped: needs clang and bpftool")
    raise SystemExit(77)
main()
