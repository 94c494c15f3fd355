/* SPDX-License-Identifier: BSD-2-Clause */
/* PROG_LOAD: the checks of the kernel's bpf_prog_load in its order, then prepare, then the JIT. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/zero.h"
#include "ctx/ctx.h"
#include "jit/jit.h"
#include "map/arena.h"
#include "map/redirect_map.h"
#include "sys/log.h"
#include "sys/mapping.h"
#include "sys/prog_objects.h"
#include "sys/prog_core.h"
#include "sys/prog_symbols.h"
#include "sys/prog_verify.h"
#include "sys/sys.h"
#include "verify/calls.h"
#include "verify/dead_code.h"
#include "verify/prepare.h"
#include "verify/verify.h"

#define LOAD_FLAGS                                                                                 \
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_RND_HI32 |                      \
	 BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | BPF_F_XDP_HAS_FRAGS |                           \
	 BPF_F_TEST_REG_INVARIANTS)

#define SEEN_FDS 16
#define LICENSE_MAX 128

/* One load in progress. */
struct load {
	struct call *call;
	struct prog_object *p;
	struct bpf_insn *insns; /* as the caller wrote them */
	u32 len;
	struct strbuf log;
	struct user_log user_log;
	struct {
		int fd;
		struct map *map; /* NULL: none yet */
	} seen[SEEN_FDS]; /* by fd: what a program names, it names often */
};

static bool is_gpl(const char *license)
{
	static const char *const compatible[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"
	};

	for (size_t i = 0; i < ARRAY_SIZE(compatible); i++) {
		if (!strcmp(license, compatible[i]))
			return true;
	}
	return false;
}

/* ---- maps that the program names -------------------------------------------------------------- */

static struct map_object *known_map(struct prog_object *p, const struct map_object *m)
{
	for (u32 i = 0; i < p->nr_maps; i++) {
		if (p->maps[i] == m)
			return p->maps[i];
	}
	return NULL;
}

/* Remembers a map with the one reference that the program holds; the caller's is used up either way. */
static int hold_map(struct prog_object *p, struct map_object *m)
{
	if (known_map(p, m)) {
		object_put(&m->obj);
		return 0;
	}
	struct map_object **maps = skep__resize(p->maps, (p->nr_maps + 1) * sizeof(*maps));
	if (!maps) {
		object_put(&m->obj);
		return -ENOMEM;
	}
	p->maps = maps;
	p->maps[p->nr_maps++] = m;
	return 0;
}

/* An arena lies where user space has mapped it; its address is part of programs that use it. */
static void find_arena(struct load *l, struct map_object *m)
{
	struct mapping at;

	if (m->map->def.type != BPF_MAP_TYPE_ARENA)
		return;
	pthread_mutex_lock(&l->call->world->lock);
	if (!arena_user_start(m->map)) {
		at = skep__client_mapping(l->call->client, m->obj.ino, m->map->mem);
		skep__arena_mapped(m->map, at.start, at.end);
	}
	pthread_mutex_unlock(&l->call->world->lock);
}

static struct map *map_of_fd(void *opaque, int fd, int *err)
{
	struct load *l = opaque;
	u32 slot = (u32)fd % SEEN_FDS;

	if (l->seen[slot].map && l->seen[slot].fd == fd) {
		*err = 0;
		return l->seen[slot].map;
	}
	struct object *obj = skep__call_object(l->call, fd, OBJ_MAP, err, NULL);
	if (!obj)
		return NULL;
	struct map *map = to_map(obj)->map;
	find_arena(l, to_map(obj));
	*err = hold_map(l->p, to_map(obj));
	if (*err)
		return NULL;
	l->seen[slot].fd = fd;
	l->seen[slot].map = map;
	return map;
}

static struct map *map_of_index(void *opaque, u32 index, int *err)
{
	struct load *l = opaque;
	int fd;

	*err = -EPROTO; /* the kernel's answer to an index without a table */
	if (!l->call->attr.fd_array)
		return NULL;
	*err = client_read(l->call->client, &fd, l->call->attr.fd_array + (u64)index * sizeof(fd),
			   sizeof(fd));
	return *err ? NULL : map_of_fd(opaque, fd, err);
}

static const struct btf *kernel_btf(void *opaque)
{
	struct load *l = opaque;

	return skep__world_kernel_btf(l->call->world);
}

static int btf_at_index(void *opaque, u32 index)
{
	struct load *l = opaque;
	struct object *obj;
	int fd, err;

	if (!l->call->attr.fd_array)
		return -EPROTO;
	err = client_read(l->call->client, &fd, l->call->attr.fd_array + (u64)index * sizeof(fd),
			  sizeof(fd));
	if (err)
		return err;
	obj = skep__call_object(l->call, fd, OBJ_BTF, &err, NULL);
	if (!obj)
		return err;
	object_put(obj);
	return 0;
}

/* With fd_array_cnt, everything in the table is bound to the program, used or not. */
static int bind_fd_array(struct load *l)
{
	const union bpf_attr *attr = &l->call->attr;
	int err = 0;

	if (attr->fd_array_cnt && !attr->fd_array)
		return -EINVAL;
	for (u32 i = 0; i < attr->fd_array_cnt && !err; i++)
		map_of_index(l, i, &err);
	return err;
}

/* Maps of programs that this program uses must take programs like it. */
static int check_prog_maps(struct load *l)
{
	bool ok = true;

	pthread_mutex_lock(&l->call->world->lock);
	for (u32 i = 0; i < l->p->nr_maps && ok; i++) {
		const struct map_def *def = &l->p->maps[i]->map->def;

		if (def->type == BPF_MAP_TYPE_PROG_ARRAY || redirect_map_has_progs(def))
			ok = skep__map_takes_prog(l->p->maps[i], &l->p->prog);
	}
	pthread_mutex_unlock(&l->call->world->lock);
	return ok ? 0 : -EINVAL;
}

/* ---- debug information ------------------------------------------------------------------------ */

/* Records of the caller's, whose size may be another kernel's: what is missing is zero, what is too much must be. */
struct records {
	u64 from;
	u32 count, size, own_size;
	const char *what;
	bool tells_size; /* the log has a sentence on bad record sizes */
};

/* As many records at a time as fit; where they cannot all be read, one by one: the first bad one decides. */
static int copy_records(struct load *l, const struct records *r, u8 *to)
{
	u8 some[16 << 10];
	u32 at_once = sizeof(some) / r->size, known = min(r->size, r->own_size);

	for (u32 i = 0, n; i < r->count; i += n) {
		n = min(at_once, r->count - i);
		if (client_read(l->call->client, some, r->from + (u64)i * r->size,
				(size_t)n * r->size)) {
			if (n == 1)
				return -EFAULT;
			at_once = 1;
			n = 0;
			continue;
		}
		for (u32 j = 0; j < n; j++) {
			const u8 *record = some + (size_t)j * r->size;

			if (!all_zero(record + known, r->size - known)) {
				skep__strbuf_printf(&l->log, "nonzero tailing record in %s",
						    r->what);
				return -E2BIG;
			}
			memcpy(to + (size_t)(i + j) * r->own_size, record, known);
		}
	}
	return 0;
}

static void *read_records(struct load *l, const struct records *r, u32 min_size, int *err)
{
	void *records;

	*err = -EINVAL;
	if (r->size < min_size || r->size > 252 || r->size % sizeof(u32)) {
		if (r->tells_size)
			skep__strbuf_printf(&l->log, "invalid %s rec size %u\n", r->what, r->size);
		return NULL;
	}
	if (r->count > l->len + 1)
		return NULL;
	records = skep__zalloc_array(r->count, r->own_size);
	*err = records ? copy_records(l, r, records) : -ENOMEM;
	if (!*err)
		return records;
	skep__free(records);
	return NULL;
}

static int read_debug_info(struct load *l)
{
	const union bpf_attr *attr = &l->call->attr;
	struct prog_object *p = l->p;
	int err = 0;

	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return 0;
	struct object *obj = skep__call_object(l->call, attr->prog_btf_fd, OBJ_BTF, &err, NULL);
	if (!obj)
		return err;
	p->btf = to_btf(obj);
	if (p->btf->is_kernel)
		return -EACCES;
	if (attr->func_info_cnt) {
		struct records funcs = {
			attr->func_info,       attr->func_info_cnt, attr->func_info_rec_size,
			sizeof(*p->func_info), "func info",         true
		};

		p->func_info = read_records(l, &funcs, 8, &err);
		if (err == -E2BIG) /* the size that this kernel knows */
			err = call_put_attr(l->call, func_info_rec_size, funcs.own_size) ?: -E2BIG;
		if (err)
			return err;
		p->nr_func_info = attr->func_info_cnt;
	}
	if (attr->line_info_cnt) {
		struct records lines = {
			attr->line_info,       attr->line_info_cnt, attr->line_info_rec_size,
			sizeof(*p->line_info), "line_info",         false
		};

		p->line_info = read_records(l, &lines, 16, &err);
		if (err == -E2BIG)
			err = call_put_attr(l->call, line_info_rec_size, lines.own_size) ?: -E2BIG;
		if (err)
			return err;
		p->nr_line_info = attr->line_info_cnt;
	}
	return 0;
}

static int relocate(struct load *l)
{
	const union bpf_attr *attr = &l->call->attr;
	struct core_input in = { l->insns, l->len, l->p->btf ? l->p->btf->btf : NULL, NULL };
	struct records relos = { attr->core_relos,
				 attr->core_relo_cnt,
				 attr->core_relo_rec_size,
				 sizeof(struct bpf_core_relo),
				 "core_relo",
				 false };
	struct bpf_core_relo *all;
	int err = 0;

	if (!attr->core_relo_cnt || !in.local)
		return 0;
	all = read_records(l, &relos, sizeof(*all), &err);
	if (err == -E2BIG)
		err = call_put_attr(l->call, core_relo_rec_size, relos.own_size) ?: -E2BIG;
	in.kernel = err ? NULL : skep__world_kernel_btf(l->call->world);
	for (u32 i = 0; i < relos.count && !err; i++)
		err = skep__core_apply(&in, i, &all[i], &l->log);
	skep__free(all);
	return err;
}

/* ---- the passes ------------------------------------------------------------------------------- */

/* What OBJ_GET_INFO shows: maps by id, since an fd number means nothing to who asks later. */
static void show_map_ids(struct bpf_insn *insns, const struct prog *prog)
{
	for (u32 i = 0; i < prog->len; i++) {
		const struct insn *insn = &prog->insns[i];

		if (insn->op != OP_LDMAP && insn->op != OP_LDMAPVAL)
			continue;
		insns[i].src_reg = insn->op == OP_LDMAP ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
		insns[i].imm = prog->maps[insn->imm]->id;
		insns[i + 1].imm = insn->op == OP_LDMAP ? 0 : insn->off;
	}
}

/* Not for loaders without CAP_BPF, as in the kernel. */
static int remove_dead_code(struct load *l, const bool *reached)
{
	struct prog_object *p = l->p;
	struct program_text text = {
		.prog = &p->prog,
		.reached = reached,
		.raw = l->insns,
		.func_info = p->func_info,
		.nr_func_info = p->nr_func_info,
		.line_info = p->line_info,
		.nr_line_info = p->nr_line_info,
	};
	int err = 0;

	if (l->call->world->verify_caps & VERIFY_CAP_BPF && !l->call->world->verify_watch)
		err = skep__remove_dead_code(&text);
	p->nr_func_info = text.nr_func_info;
	p->nr_line_info = text.nr_line_info;
	return err;
}

/* By the verifier, unless the world does without. A run that comes to a call of what skep does not have is stopped there. */
static int check_program(struct load *l)
{
	struct prog_object *p = l->p;
	bool *reached;
	int err;

	if (l->call->world->unverified)
		return skep__check_calls(&p->prog, &l->log);
	reached = skep__zalloc_array(p->prog.len, sizeof(*reached));
	if (!reached)
		return -ENOMEM;
	err = skep__prog_verify(l->call->world, p, l->call->attr.prog_flags, l->user_log.level,
				&l->log, reached);
	if (!err) {
		skep__prepare_bury(&p->prog);
		err = remove_dead_code(l, reached);
	}
	skep__free(reached);
	return err;
}

static int build(struct load *l)
{
	struct prog_object *p = l->p;
	struct prepare_input in = {
		.insns = l->insns,
		.len = l->len,
		.prog_type = p->prog.type,
		.expected_attach_type = p->prog.expected_attach_type,
		.log_level = l->user_log.level,
		.map_of_fd = map_of_fd,
		.map_of_index = map_of_index,
		.kernel_btf = kernel_btf,
		.btf_at_index = btf_at_index,
		.gpl = p->prog.gpl,
		.capable = l->call->world->verify_caps & VERIFY_CAP_BPF,
		.opaque = l,
		.keeps_invalid = !l->call->world->unverified,
	};
	int err = bind_fd_array(l);

	if (!err)
		err = read_debug_info(l);
	if (!err)
		err = relocate(l);
	if (!err)
		err = skep__prog_tag(l->insns, l->len, p->prog.tag);
	if (err)
		return err;
	in.btf = p->btf ? p->btf->btf : NULL;
	in.func_info = p->func_info;
	in.nr_func_info = p->nr_func_info;
	in.line_info = p->line_info;
	in.nr_line_info = p->nr_line_info;
	err = skep__prepare(&in, &p->prog, &l->log);
	if (err && !l->call->world->unverified)
		skep__verify_nothing(l->user_log.level, &l->log);
	if (!err)
		err = check_program(l);
	if (!err)
		err = check_prog_maps(l);
	if (err)
		return err;
	show_map_ids(l->insns, &p->prog);
	skep__show_local_calls(l->insns, &p->prog);
	p->xlated = l->insns;
	l->insns = NULL;
	return 0;
}

/*
 * What nothing has proved is compiled only in a world that runs such programs as machine code, and refused where it
 * has not even the shape for it. A verified program that cannot be compiled, for want of a compiler or of memory that
 * may be executed, is interpreted.
 */
static int compile(struct load *l)
{
	const struct world *w = l->call->world;

	if (l->p->prog.checked_only || (w->unverified && w->mode != MODE_JIT))
		return 0;
	l->p->prog.code_pool = w->code_pool;
	int err = skep__jit_compile(&l->p->prog);
	if (err == -EINVAL && w->unverified) {
		u32 insn;
		const char *why = skep__jit_refusal(&l->p->prog, &insn);

		skep__strbuf_printf(&l->log, "no machine code: instruction %u: %s\n", insn, why);
		return err;
	}
	return err == -ENOMEM ? err : 0;
}

/* The memory of maps whose values are pages of it, every one there. */
static int know_memory(struct prog *p)
{
	struct memory_range *ranges = skep__zalloc_array(p->nr_maps, sizeof(*ranges));

	if (p->nr_maps && !ranges)
		return -ENOMEM;
	for (u32 i = 0; i < p->nr_maps; i++) {
		const struct map *m = p->maps[i];

		if (m->ops->lookup && m->def.type != BPF_MAP_TYPE_ARENA)
			ranges[p->base.known.nr++] =
				(struct memory_range){ (u64)m->mem, m->mem_size };
	}
	p->base.known.ranges = ranges;
	return 0;
}

/* Runs the passes with the caller's log around them. */
static int check(struct load *l)
{
	int err = skep__log_check(&l->user_log);

	if (err)
		return err;
	skep__strbuf_init(&l->log);
	err = build(l);
	if (!err)
		err = skep__prog_bind_objects(l->call->world, l->p);
	if (!err)
		err = know_memory(&l->p->prog);
	if (!err)
		err = compile(l);
	int log_err = skep__log_finish(&l->user_log, l->call->client, &l->log);
	skep__strbuf_fini(&l->log);
	struct call *call = l->call;
	if (call->size >=
		    offsetof(union bpf_attr, log_true_size) + sizeof(call->attr.log_true_size) &&
	    call_put_attr(call, log_true_size, l->user_log.true_size))
		return -EFAULT;
	return log_err ? log_err : err;
}

static bool attach_btf_ok(const union bpf_attr *attr)
{
	if (!attr->attach_btf_id)
		return true;
	switch (attr->prog_type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_EXT:
		return attr->attach_btf_id <= BTF_MAX_TYPE;
	default:
		return false;
	}
}

/* Everything that is looked at before the first instruction is. */
static int check_load_attr(const struct world *w, union bpf_attr *attr)
{
	/* No tokens, no device-bound programs, no signatures. */
	if (attr->prog_flags & ~(u32)LOAD_FLAGS || attr->prog_ifindex || attr->signature ||
	    attr->signature_size || attr->keyring_id)
		return -EINVAL;
	if (attr->insn_cnt == 0 || attr->insn_cnt > BPF_COMPLEXITY_LIMIT_INSNS)
		return -E2BIG;
	if (!(w->verify_caps & VERIFY_CAP_PERFMON) && skep__prog_needs_perfmon(attr->prog_type))
		return -EPERM;
	/* What is for a type of the kernel can only be judged. */
	if (attr->attach_btf_id && w->unverified)
		return -EINVAL;
	/* Neither programs for other programs nor those for types of kernel modules. */
	if (attr->attach_prog_fd || !attach_btf_ok(attr))
		return -EINVAL;
	attr->expected_attach_type =
		skep__prog_attach_default(attr->prog_type, attr->expected_attach_type);
	return skep__prog_attach_ok(attr->prog_type, attr->expected_attach_type) ? 0 : -EINVAL;
}

static void expect_reads(struct load *l)
{
	const union bpf_attr *attr = &l->call->attr;
	const struct memory_range ranges[] = {
		{ attr->insns, attr->insn_cnt * sizeof(struct bpf_insn) },
		{ attr->license,
		  min(LICENSE_MAX - 1, 4096 - attr->license % 4096) }, /* as read_str does */
		{ attr->func_info, (u64)attr->func_info_cnt * attr->func_info_rec_size },
		{ attr->line_info, (u64)attr->line_info_cnt * attr->line_info_rec_size },
	};

	if (l->call->client->ops->expect)
		l->call->client->ops->expect(l->call->client, ranges, ARRAY_SIZE(ranges));
}

static int read_load_attr(struct load *l)
{
	const union bpf_attr *attr = &l->call->attr;
	struct prog_object *p = l->p;
	char license[LICENSE_MAX];
	int err;

	expect_reads(l);
	l->len = attr->insn_cnt;
	l->insns = skep__client_read_dup(l->call->client, attr->insns, l->len * sizeof(*l->insns),
					 &err);
	if (!l->insns)
		return err;
	if (skep__client_read_str(l->call->client, license, attr->license, sizeof(license)) < 0)
		return -EFAULT;
	if (!skep__prog_type(attr->prog_type))
		return -EINVAL;
	p->prog.type = attr->prog_type;
	p->prog.expected_attach_type = attr->expected_attach_type;
	p->prog.sleepable = attr->prog_flags & BPF_F_SLEEPABLE;
	p->prog.xdp_has_frags = attr->prog_flags & BPF_F_XDP_HAS_FRAGS;
	p->prog.gpl = is_gpl(license);
	p->attach_btf_id = attr->attach_btf_id;
	memcpy(p->obj.name, attr->prog_name, sizeof(p->obj.name));
	memcpy(p->prog.name, attr->prog_name, sizeof(p->prog.name));
	return skep__check_name(attr->prog_name);
}

static int load(struct load *l)
{
	int err = read_load_attr(l);

	if (!err)
		err = check(l);
	if (err)
		return err;
	l->p->load_time = now_ns(CLOCK_BOOTTIME);
	l->p->uid = l->call->client->ops->uid(l->call->client, UID_REAL);
	err = skep__object_new_fd(&l->p->obj);
	return err ? err : skep__world_publish(l->call->world, &l->p->obj);
}

long skep__sys_prog_load(struct call *call)
{
	union bpf_attr *attr = &call->attr;
	struct load l = {
		.call = call,
		.user_log = { attr->log_buf, attr->log_size, attr->log_level, 0 },
	};
	int err = check_load_attr(call->world, attr);

	if (err)
		return err;
	l.p = skep__zalloc(sizeof(*l.p));
	if (!l.p)
		return -ENOMEM;
	object_init(&l.p->obj, OBJ_PROG, -1);
	err = load(&l);
	skep__free(l.insns);
	if (err) {
		skep__object_free(call->world, &l.p->obj);
		return err;
	}
	return skep__call_give(call, &l.p->obj, O_RDWR);
}

long skep__sys_prog_bind_map(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	int err;

	if (attr->prog_bind_map.flags)
		return -EINVAL;
	struct object *prog =
		skep__call_object(call, attr->prog_bind_map.prog_fd, OBJ_PROG, &err, NULL);
	if (!prog)
		return err;
	struct object *map =
		skep__call_object(call, attr->prog_bind_map.map_fd, OBJ_MAP, &err, NULL);
	if (map) {
		pthread_mutex_lock(&call->world->lock);
		err = hold_map(to_prog(prog), to_map(map));
		pthread_mutex_unlock(&call->world->lock);
	}
	object_put(prog);
	return err;
}
