/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `skep run --pcap`: every packet of a capture through an XDP, TC or socket filter program. OUT
 * gets, with their times, the packets that passed, were sent back or redirected, as the program
 * left them; a socket filter may shorten them.
 */
#include <errno.h>
#include <inttypes.h>
#define PCAP_DONT_INCLUDE_PCAP_BPF_H /* its struct bpf_insn is another machine's */
#include <pcap/pcap.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"
#include "cli/run.h"
#include "cli/verdict.h"

enum { ROOM_OUT = 1 << 18, ETHERNET = 14 };

struct capture {
	struct run *run;
	enum verdict_group group;
	FILE *file;
	pcap_t *in, *shape; /* shape: what the output's header is made from */
	pcap_dumper_t *out;
	unsigned char *packet; /* ROOM_OUT bytes */
	struct progress progress;

	uint64_t packets, refused, rewritten, redirected, written;
	uint64_t counts[MAX_VERDICTS];
	uint64_t total_ns, max_ns;
	int refusal; /* errno of the first one refused */
	uint64_t refused_first;
};

/* Nanosecond captures stay such; the older format begins with a telling magic number. */
static int precision_of(FILE *f)
{
	uint32_t magic = 0;

	if (fread(&magic, sizeof(magic), 1, f) != 1)
		magic = 0;
	rewind(f);
	return magic == 0xa1b23c4d || magic == 0x4d3cb2a1 ? PCAP_TSTAMP_PRECISION_NANO
							  : PCAP_TSTAMP_PRECISION_MICRO;
}

static enum outcome open_input(struct capture *c, int *precision)
{
	const char *path = c->run->opts.pcap;
	char why[PCAP_ERRBUF_SIZE] = "";

	c->file = fopen(path, "rb");
	if (!c->file)
		return complain("%s: %m", path);
	*precision = precision_of(c->file);
	c->in = pcap_fopen_offline_with_tstamp_precision(c->file, (u_int)*precision, why);
	if (!c->in)
		return complain("%s: byte %ld: no capture that can be read: %s", path,
				ftell(c->file), why);
	if (pcap_datalink(c->in) != DLT_EN10MB)
		return complain("%s: byte 20: packets of link type %s; Ethernet is needed", path,
				pcap_datalink_val_to_name(pcap_datalink(c->in)) ?: "unknown");
	return GOOD;
}

static enum outcome open_output(struct capture *c, int precision)
{
	const char *path = c->run->opts.out;

	if (!path)
		return GOOD;
	c->shape = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, ROOM_OUT, (u_int)precision);
	c->out = c->shape ? pcap_dump_open(c->shape, path) : NULL;
	return c->out ? GOOD : complain("%s", c->shape ? pcap_geterr(c->shape) : "out of memory");
}

static enum outcome open_capture(struct capture *c)
{
	enum outcome ret;
	int precision = PCAP_TSTAMP_PRECISION_MICRO;

	if (c->group == NO_PACKETS)
		return complain("%s: --pcap needs an XDP, TC or socket filter program; %s is %s",
				c->run->obj.path, bpf_program__name(c->run->prog),
				program_type_name(c->run->prog));
	c->packet = malloc(ROOM_OUT);
	if (!c->packet)
		return complain("out of memory");
	ret = open_input(c, &precision);
	return ret ? ret : open_output(c, precision);
}

static enum outcome close_capture(struct capture *c, enum outcome ret)
{
	if (c->out && pcap_dump_flush(c->out) && !ret)
		ret = complain("%s: %m", c->run->opts.out);
	if (c->out)
		pcap_dump_close(c->out);
	if (c->shape)
		pcap_close(c->shape);
	if (c->in)
		pcap_close(c->in); /* and the file with it */
	else if (c->file)
		fclose(c->file);
	free(c->packet);
	return ret;
}

/*
 * A test run shows a socket filter its packet without the Ethernet header, and cannot change it:
 * what it keeps is counted from there.
 */
static void write_kept(struct capture *c, const struct pcap_pkthdr *h, const u_char *data,
		       uint32_t kept)
{
	struct pcap_pkthdr out = *h;

	if (kept < h->caplen - ETHERNET)
		out.caplen = ETHERNET + kept;
	pcap_dump((u_char *)c->out, &out, data);
}

/* What the capture had cut off is still missing. */
static void write_changed(struct capture *c, const struct pcap_pkthdr *h, uint32_t size)
{
	struct pcap_pkthdr out = *h;

	out.caplen = size;
	out.len = size + (h->len > h->caplen ? h->len - h->caplen : 0);
	pcap_dump((u_char *)c->out, &out, c->packet);
}

static void count(struct capture *c, const struct pcap_pkthdr *h, const u_char *data,
		  const struct bpf_test_run_opts *t)
{
	const struct verdict *v = verdict_of(c->group, t->retval);

	c->counts[verdict_index(v)]++;
	c->total_ns += t->duration;
	if (t->duration > c->max_ns)
		c->max_ns = t->duration;
	c->redirected += v->fate == REDIRECTED;
	if (c->group != FILTER &&
	    (t->data_size_out != h->caplen || memcmp(c->packet, data, h->caplen)))
		c->rewritten++;
	if (!c->out || v->fate == DROPPED || v->fate == ABORTED)
		return;
	c->written++;
	if (c->group == FILTER)
		write_kept(c, h, data, t->retval);
	else
		write_changed(c, h, t->data_size_out);
}

static enum outcome run_packet(struct capture *c, const struct pcap_pkthdr *h, const u_char *data)
{
	LIBBPF_OPTS(bpf_test_run_opts, t, .data_in = data, .data_size_in = h->caplen,
		    .data_out = c->packet, .data_size_out = ROOM_OUT,
		    .repeat = (int)c->run->opts.repeat);
	enum outcome ret;
	int err;

	ret = run_test(c->run, &t, &err);
	c->packets++;
	if (ret == BAD_INPUT) {
		if (!c->refused++) {
			c->refusal = err;
			c->refused_first = c->packets;
		}
		return GOOD;
	}
	if (ret == GOOD)
		count(c, h, data, &t);
	else
		fprintf(stderr, "skep: that was packet %" PRIu64 " of %s (%u bytes)\n", c->packets,
			c->run->opts.pcap, h->caplen);
	events_take(c->run->events);
	progress_step(&c->progress, c->packets);
	return ret;
}

static enum outcome run_all(struct capture *c)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	enum outcome ret = GOOD;
	int more = 0;

	progress_start(&c->progress, c->file);
	while (!ret && (more = pcap_next_ex(c->in, &h, &data)) == 1)
		ret = run_packet(c, h, data);
	progress_end(&c->progress);
	if (!ret && more == PCAP_ERROR)
		ret = complain("%s: byte %ld, after packet %" PRIu64 ": %s", c->run->opts.pcap,
			       ftell(c->file), c->packets, pcap_geterr(c->in));
	return ret;
}

static uint64_t ran(const struct capture *c)
{
	return c->packets - c->refused;
}

static void add_results(const struct capture *c)
{
	json_object *json = c->run->json, *verdicts = json_object_new_object();
	const struct verdict *v;

	for (unsigned int i = 0; (v = verdict_at(i)); i++)
		if (c->counts[i])
			json_object_object_add(verdicts, v->name,
					       json_object_new_uint64(c->counts[i]));
	json_object_object_add(json, "packets", json_object_new_uint64(c->packets));
	json_object_object_add(json, "verdicts", verdicts);
	json_object_object_add(json, "rewritten", json_object_new_uint64(c->rewritten));
	json_object_object_add(json, "redirected", json_object_new_uint64(c->redirected));
	json_object_object_add(json, "not_run", json_object_new_uint64(c->refused));
	if (c->out)
		json_object_object_add(json, "written", json_object_new_uint64(c->written));
	json_object_object_add(
		json, "duration_ns",
		json_object_new_double(ran(c) ? (double)c->total_ns / (double)ran(c) : 0));
	json_object_object_add(json, "max_duration_ns", json_object_new_uint64(c->max_ns));
	json_object_object_add(json, "repeat", json_object_new_int64(c->run->opts.repeat));
}

static void print_line(FILE *to, const char *what, uint64_t n, uint64_t of)
{
	fprintf(to, "  %-20s %12" PRIu64, what, n);
	if (of)
		fprintf(to, "  %5.1f %%", 100.0 * (double)n / (double)of);
	fputc('\n', to);
}

static void print_results(const struct capture *c)
{
	struct run *r = c->run;
	const struct verdict *v;

	if (r->opts.json)
		return;
	fprintf(r->to, "%s (%s, %s) on %s: %" PRIu64 " packets\n", bpf_program__name(r->prog),
		program_type_name(r->prog), mode_name(&r->opts), r->opts.pcap, c->packets);
	for (unsigned int i = 0; (v = verdict_at(i)); i++)
		if (c->counts[i])
			print_line(r->to, v->name, c->counts[i], c->packets);
	if (c->refused)
		print_line(r->to, "not run", c->refused, c->packets);
	print_line(r->to, "rewritten", c->rewritten, c->packets);
	print_line(r->to, "redirected", c->redirected, c->packets);
	if (c->out)
		fprintf(r->to, "  %-20s %12" PRIu64 "  to %s\n", "written", c->written,
			r->opts.out);
	if (ran(c))
		fprintf(r->to, "  %-20s %12.1f  ns, at most %" PRIu64 "\n", "time per packet",
			(double)c->total_ns / (double)ran(c), c->max_ns);
	if (c->refused)
		fprintf(r->to,
			"  packet %" PRIu64
			" was the first not run: %s (an Ethernet header and no more "
			"than the program's type takes is needed)\n",
			c->refused_first, strerror(c->refusal));
}

enum outcome run_capture(struct run *r)
{
	struct capture c = { .run = r, .group = verdict_group(bpf_program__type(r->prog)) };
	enum outcome ret = open_capture(&c);

	if (!ret)
		ret = run_all(&c);
	if (c.packets) {
		add_results(&c);
		print_results(&c);
	}
	return close_capture(&c, ret);
}
