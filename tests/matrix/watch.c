/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program as libbpf's users write them: a skeleton, global data set before and read after
 * loading, a ring buffer and a perf buffer that are waited for, maps walked. It prints what it saw,
 * which is the same wherever it runs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch.skel.h"

struct event {
	unsigned int number, length;
	char what[8];
};

static int nr_ring, nr_perf;

static int on_ring(void *ctx, void *data, size_t size)
{
	const struct event *e = data;

	printf("ring: %u %s of %u bytes (%zu)\n", e->number, e->what, e->length, size);
	nr_ring++;
	return 0;
}

static void on_perf(void *ctx, int cpu, void *data, __u32 size)
{
	const struct event *e = data;

	printf("perf: %u %s of %u bytes\n", e->number, e->what, e->length);
	nr_perf++;
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	printf("perf: %llu lost\n", count);
}

static int run(int prog, int length, int repeat)
{
	char packet[256] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = length,
		    .repeat = repeat);
	int err = bpf_prog_test_run_opts(prog, &opts);

	if (err)
		printf("run: %s\n", strerror(-err));
	else
		printf("run: %u\n", opts.retval);
	return err;
}

static void print_lengths(int fd)
{
	unsigned int counts[256] = { 0 }, key, *at = NULL;
	__u64 value;

	while (!bpf_map_get_next_key(fd, at, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, &value) && key < 256)
			counts[key] = value;
		at = &key;
	}
	for (key = 0; key < 256; key++)
		if (counts[key])
			printf("length %u: %u\n", key, counts[key]);
}

static unsigned long long sum_of_cpus(int fd)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *values = calloc(cpus, sizeof(*values)), sum = 0;
	__u32 zero = 0;

	if (values && !bpf_map_lookup_elem(fd, &zero, values))
		for (int i = 0; i < cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}

/* Until so many have come, or nothing does for a while. */
static void wait_for(struct ring_buffer *rb, struct perf_buffer *pb, int nr)
{
	for (int i = 0; i < 50 && nr_ring < nr; i++)
		ring_buffer__poll(rb, 100);
	for (int i = 0; i < 50 && nr_perf < nr; i++)
		perf_buffer__poll(pb, 100);
}

static int watch(struct watch *skel)
{
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), on_ring, NULL, NULL);
	struct perf_buffer *pb =
		perf_buffer__new(bpf_map__fd(skel->maps.perf), 8, on_perf, on_lost, NULL, NULL);
	int prog = bpf_program__fd(skel->progs.watch), err = 0;

	if (!rb || !pb) {
		printf("buffers: %s %s\n", rb ? "" : "ring", pb ? "" : "perf");
		err = 1;
	}
	if (!err)
		err = run(prog, 64, 1) || run(prog, 64, 3) || run(prog, 128, 2);
	if (!err) {
		wait_for(rb, pb, 3);
		printf("%d and %d events\n", nr_ring, nr_perf);
		skel->bss->seen = 99; /* by mmap */
		err = run(prog, 200, 1);
		wait_for(rb, pb, 4);
	}
	ring_buffer__free(rb);
	perf_buffer__free(pb);
	return err;
}

int main(void)
{
	struct watch *skel = watch__open();
	int err;

	if (!skel)
		return 1;
	skel->rodata->every = 2;
	skel->data->bytes_seen += 23;
	err = watch__load(skel);
	if (err) {
		printf("load: %s\n", strerror(-err));
		return 1;
	}
	err = watch(skel);
	printf("seen %u, %llu bytes, last \"%s\", %llu runs\n", skel->bss->seen,
	       (unsigned long long)skel->data->bytes_seen, skel->data->last,
	       sum_of_cpus(bpf_map__fd(skel->maps.runs)));
	print_lengths(bpf_map__fd(skel->maps.lengths));
	watch__destroy(skel);
	return err != 0;
}
