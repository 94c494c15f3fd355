/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * skep inside a program: libbpf loads an object, with this process's own world for a kernel.
 *
 *	cc embed.c $(pkg-config --cflags --libs skep libbpf) -Wl,--export-dynamic-symbol=syscall -o embed
 *	./embed firewall.bpf.o
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <skep/skep.h>

static struct skep_world *world;

/* libbpf's bpf(2) arrives here, because a visible syscall() of the executable comes before libc's. */
SKEP_API long syscall(long number, ...)
{
	long cmd, attr, size, ret;
	va_list ap;

	va_start(ap, number);
	cmd = va_arg(ap, long);
	attr = va_arg(ap, long);
	size = va_arg(ap, long);
	va_end(ap);
	ret = number == SYS_bpf ? skep_bpf(world, cmd, (union bpf_attr *)attr, size) : -ENOSYS;
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

int main(int argc, char **argv)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	struct bpf_program *prog;
	struct bpf_object *obj;

	world = skep_world_new(NULL);
	obj = argc > 1 ? bpf_object__open_file(argv[1], NULL) : NULL;
	if (!world || !obj || bpf_object__load(obj)) {
		fprintf(stderr, "usage: embed OBJECT (of packet programs)\n");
		return 2;
	}
	bpf_object__for_each_program (prog, obj) {
		if (bpf_prog_test_run_opts(bpf_program__fd(prog), &run))
			printf("%s: %s\n", bpf_program__name(prog),
			       skep_world_fault(world) ?: "cannot be run like this");
		else
			printf("%s returned %u in %u ns\n", bpf_program__name(prog), run.retval,
			       run.duration);
	}
	bpf_object__close(obj);
	skep_world_free(world);
	return 0;
}
