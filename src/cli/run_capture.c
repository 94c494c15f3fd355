/* SPDX-License-Identifier: BSD-2-Clause */
/* Every packet of a capture through one program, counted by what became of it. */
#include <errno.h>
#include <inttypes.h>
#define PCAP_DONT_INCLUDE_PCAP_BPF_H /* its struct bpf_insn is another machine's */
#include <pcap/pcap.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "cli/verdict.h"

#define OUT_ROOM     (64 * 1024 + 4096)
#define PROGRESS_NS  100000000ull

struct capture {
	struct run *run;
	pcap_t *in;
	pcap_t *out_link; /* what the dumper needs to know the link type */
	pcap_dumper_t *out;
	struct events *events;
	unsigned char *buffer; /* OUT_ROOM bytes for a packet afterwards */
	enum bpf_prog_type type;
	uint64_t packets, bytes, by_verdict[MAX_VERDICTS];
	uint64_t refused; /* too short or too long for the program type */
	uint64_t rewritten, written;
	uint64_t run_ns; /* sum of what the runs took */
	uint64_t last_progress;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int open_capture(struct capture *c)
{
	const struct run_options *o = c->run->opts;
	char why[PCAP_ERRBUF_SIZE] = "";

	c->in = pcap_open_offline(o->pcap, why);
	if (!c->in)
		return fail("%s is not a capture that can be read: %s", o->pcap, why);
	if (pcap_datalink(c->in) != DLT_EN10MB)
		return fail("%s: packets of link type %s; only Ethernet captures can be run", o->pcap,
			    pcap_datalink_val_to_name(pcap_datalink(c->in)) ?: "unknown");
	if (!o->out)
		return EXIT_OK;
	c->out_link = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262144, PCAP_TSTAMP_PRECISION_MICRO);
	c->out = c->out_link ? pcap_dump_open(c->out_link, o->out) : NULL;
	return c->out ? EXIT_OK : fail("%s: %s", o->out, c->out_link ? pcap_geterr(c->out_link) : "no memory");
}

static void close_capture(struct capture *c)
{
	events_close(c->events);
	if (c->out)
		pcap_dump_close(c->out);
	if (c->out_link)
		pcap_close(c->out_link);
	if (c->in)
		pcap_close(c->in);
	free(c->buffer);
}

static void progress(struct capture *c)
{
	uint64_t now;

	if (c->packets % 256 || !isatty(STDERR_FILENO))
		return;
	now = now_ns();
	if (now - c->last_progress < PROGRESS_NS)
		return;
	c->last_progress = now;
	fprintf(stderr, "\r%" PRIu64 " packets", c->packets);
}

static void end_progress(const struct capture *c)
{
	if (c->last_progress && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* A socket filter keeps the first retval bytes; the others decide about the whole packet. */
static uint32_t kept_bytes(const struct capture *c, uint32_t retval, uint32_t size)
{
	return c->type == BPF_PROG_TYPE_SOCKET_FILTER && retval < size ? retval : size;
}

static void count(struct capture *c, const struct pcap_pkthdr *hdr, const unsigned char *data,
		  const struct bpf_test_run_opts *t)
{
	int verdict = verdict_of(c->type, t->retval);
	struct pcap_pkthdr after = *hdr;

	c->by_verdict[verdict]++;
	c->run_ns += t->duration;
	if (t->data_size_out != hdr->caplen || memcmp(c->buffer, data, hdr->caplen))
		c->rewritten++;
	if (!c->out || !verdict_at(c->type, verdict)->goes_on)
		return;
	after.caplen = kept_bytes(c, t->retval, t->data_size_out);
	after.len = after.caplen;
	pcap_dump((unsigned char *)c->out, &after, c->buffer);
	c->written++;
}

static int run_packet(struct capture *c, const struct pcap_pkthdr *hdr, const unsigned char *data)
{
	LIBBPF_OPTS(bpf_test_run_opts, t, .data_in = data, .data_size_in = hdr->caplen, .data_out = c->buffer,
		    .data_size_out = OUT_ROOM);
	char what[64];
	int err = bpf_prog_test_run_opts(bpf_program__fd(c->run->prog), &t);

	c->packets++;
	c->bytes += hdr->caplen;
	if (c->events)
		events_poll(c->events);
	progress(c);
	if (!err) {
		count(c, hdr, data, &t);
		return EXIT_OK;
	}
	bool stopped = c->run->object.world && skep_world_fault(c->run->object.world);
	if (stopped || (err != -EINVAL && err != -ENOMEM && err != -E2BIG)) {
		snprintf(what, sizeof(what), "packet %" PRIu64 " (%u bytes)", c->packets, hdr->caplen);
		return run_failed(c->run, what, -err);
	}
	c->refused++; /* an Ethernet header does not fit in, or the packet not in a frame */
	return EXIT_OK;
}

static int run_packets(struct capture *c)
{
	struct pcap_pkthdr *hdr;
	const unsigned char *data;
	int more, code = EXIT_OK;

	while (!code && (more = pcap_next_ex(c->in, &hdr, &data)) == 1)
		code = run_packet(c, hdr, data);
	end_progress(c);
	if (!code && more == PCAP_ERROR)
		code = fail("%s: after packet %" PRIu64 ": %s", c->run->opts->pcap, c->packets, pcap_geterr(c->in));
	if (!code && c->out && pcap_dump_flush(c->out))
		code = fail("%s: %s", c->run->opts->out, strerror(errno));
	return code;
}

static uint64_t mean_ns(const struct capture *c)
{
	uint64_t ran = c->packets - c->refused;

	return ran ? c->run_ns / ran : 0;
}

static void report_text(const struct capture *c)
{
	const struct verdict *v;

	printf("%s over %s: %" PRIu64 " packets, %" PRIu64 " bytes, mode %s, %" PRIu64 " ns a packet\n",
	       bpf_program__name(c->run->prog), c->run->opts->pcap, c->packets, c->bytes,
	       object_mode(&c->run->object), mean_ns(c));
	for (int i = 0; (v = verdict_at(c->type, i)) != NULL; i++) {
		if (c->by_verdict[i])
			printf("  %-18s %10" PRIu64 "\n", v->name, c->by_verdict[i]);
	}
	if (c->refused)
		printf("  %-18s %10" PRIu64 "   (shorter than an Ethernet header, or longer than a frame)\n", "not run",
		       c->refused);
	printf("  %-18s %10" PRIu64 "\n", "rewritten", c->rewritten);
	if (c->out)
		printf("  %-18s %10" PRIu64 "   to %s\n", "written", c->written, c->run->opts->out);
}

static void report_json(const struct capture *c)
{
	json_object *r = c->run->results, *verdicts = json_object_new_object();
	const struct verdict *v;

	for (int i = 0; (v = verdict_at(c->type, i)) != NULL; i++) {
		if (c->by_verdict[i])
			json_object_object_add(verdicts, v->name, json_object_new_int64(c->by_verdict[i]));
	}
	json_object_object_add(r, "prog", json_object_new_string(bpf_program__name(c->run->prog)));
	json_object_object_add(r, "mode",
			       json_object_new_string(object_mode(&c->run->object)));
	json_object_object_add(r, "packets", json_object_new_int64(c->packets));
	json_object_object_add(r, "bytes", json_object_new_int64(c->bytes));
	json_object_object_add(r, "verdicts", verdicts);
	json_object_object_add(r, "not_run", json_object_new_int64(c->refused));
	json_object_object_add(r, "rewritten", json_object_new_int64(c->rewritten));
	json_object_object_add(r, "written", json_object_new_int64(c->written));
	json_object_object_add(r, "duration_ns", json_object_new_int64(mean_ns(c)));
}

int run_capture(struct run *run)
{
	struct capture c = { .run = run, .type = bpf_program__type(run->prog) };
	int code;

	if (!verdicts_known(c.type))
		return fail("--pcap runs XDP, TC and socket filter programs; '%s' is none of them",
			    bpf_program__name(run->prog));
	c.buffer = malloc(OUT_ROOM);
	if (!c.buffer)
		return fail("no memory");
	code = open_capture(&c);
	if (!code && run->opts->events)
		c.events = events_open(run);
	if (!code)
		code = run_packets(&c);
	if (code != EXIT_USAGE) {
		if (run->results)
			report_json(&c);
		else
			report_text(&c);
	}
	close_capture(&c);
	return code;
}
