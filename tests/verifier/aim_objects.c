/* SPDX-License-Identifier: BSD-2-Clause */
/* Records, dynptrs, iterators and critical sections: taken, used, and given up on every path; now
 * and then not on one, or used afterwards. */
#include "aim_parts.h"

enum { RECORD = 1, DYNPTR = 2, ITER = 4, SECTION = 8 };

/* One at a time of each: there is one place on the stack. Twice on purpose, seldom. */
static bool begin(struct aim *a, u32 what)
{
	if (a->depth > 2 || (a->busy & what && aim_below(a, 32)))
		return false;
	a->depth++;
	a->busy |= what;
	return true;
}

static void end(struct aim *a, u32 what)
{
	a->depth--;
	a->busy &= ~what;
}

/* Where paths out of the region lead: to its end, or past it. */
static void close(struct aim *a, u32 scope)
{
	if (aim_below(a, 16))
		aim_close_scope(a, scope);
}

static void load_record(struct aim *a)
{
	aim_emit(a, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, RECORD_AT, 0);
}

void aim_use_record(struct aim *a)
{
	s32 size = 8 + aim_small(a);
	u32 none, scope;

	if (!begin(a, RECORD))
		return;
	aim_map_at(a, 1, GEN_RING);
	aim_set(a, 2, size);
	aim_set(a, 3, 0);
	aim_call(a, BPF_FUNC_ringbuf_reserve);
	none = aim_below(a, 16) ? a->g->len : GEN_MAX_INSNS;
	if (none < GEN_MAX_INSNS)
		aim_emit(a, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
	aim_emit(a, BPF_STX | BPF_MEM | BPF_DW, 10, 0, RECORD_AT, 0);
	scope = aim_open_scope(a);
	for (u32 i = aim_below(a, 4); i > 0; i--) {
		if (aim_below(a, 3)) {
			load_record(a);
			aim_move_and_touch(a, size);
		} else {
			aim_step(a);
		}
	}
	close(a, scope);
	load_record(a);
	aim_set(a, 2, 0);
	aim_call(a, aim_below(a, 2) ? BPF_FUNC_ringbuf_submit : BPF_FUNC_ringbuf_discard);
	if (!aim_below(a, 16)) {
		load_record(a);
		aim_touch(a, 0);
	}
	aim_land(a, none);
	end(a, RECORD);
}

enum dynptr_of { OF_VALUE, OF_RECORD, OF_PACKET };

static void make_dynptr(struct aim *a, enum dynptr_of of)
{
	switch (of) {
	case OF_VALUE:
		aim_lookup(a);
		aim_copy(a, 1, 0);
		aim_argument(a, 2, GEN_VALUE_SIZE);
		aim_set(a, 3, 0);
		aim_stack_at(a, 4, DYNPTR_AT);
		aim_call(a, BPF_FUNC_dynptr_from_mem);
		break;
	case OF_RECORD:
		aim_map_at(a, 1, GEN_RING);
		aim_set(a, 2, 8 + aim_small(a));
		aim_set(a, 3, 0);
		aim_stack_at(a, 4, DYNPTR_AT);
		aim_call(a, BPF_FUNC_ringbuf_reserve_dynptr);
		break;
	case OF_PACKET:
		aim_copy(a, 1, 6);
		aim_set(a, 2, 0);
		aim_stack_at(a, 3, DYNPTR_AT);
		aim_call_kernel(a, a->kfuncs->bpf_dynptr_from_xdp);
	}
}

/* R0: some bytes of it, or NULL. */
static void show(struct aim *a, s32 size)
{
	u32 none = a->g->len;

	if (aim_below(a, 16))
		aim_emit(a, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
	else
		none = GEN_MAX_INSNS;
	aim_copy(a, 1, 0);
	if (aim_below(a, 3))
		aim_touch(a, (s16)(aim_below(a, 4) ? 0 : aim_small(a)));
	else
		aim_move_and_touch(a, size);
	aim_land(a, none);
}

static void read_dynptr(struct aim *a)
{
	aim_stack_at(a, 1, BUFFER);
	aim_argument(a, 2, 64);
	aim_stack_at(a, 3, DYNPTR_AT);
	aim_argument(a, 4, 16);
	aim_set(a, 5, 0);
	aim_call(a, BPF_FUNC_dynptr_read);
}

static void write_dynptr(struct aim *a)
{
	aim_stack_at(a, 1, DYNPTR_AT);
	aim_argument(a, 2, 16);
	aim_stack_at(a, 3, BUFFER);
	aim_argument(a, 4, 64);
	aim_set(a, 5, 0);
	aim_call(a, BPF_FUNC_dynptr_write);
}

static void show_data(struct aim *a)
{
	s32 size = 1 + aim_small(a);

	aim_stack_at(a, 1, DYNPTR_AT);
	aim_argument(a, 2, 8);
	aim_set(a, 3, size);
	aim_call(a, BPF_FUNC_dynptr_data);
	show(a, size);
}

static void show_slice(struct aim *a)
{
	s32 size = 1 + aim_small(a);

	aim_stack_at(a, 1, DYNPTR_AT);
	aim_argument(a, 2, 8);
	aim_stack_at(a, 3, BUFFER);
	if (!aim_below(a, 4))
		aim_set(a, 3, 0);
	aim_set(a, 4, size);
	aim_call_kernel(a, a->kfuncs->bpf_dynptr_slice);
	show(a, size);
}

static void measure(struct aim *a)
{
	aim_stack_at(a, 1, DYNPTR_AT);
	if (aim_below(a, 2)) {
		aim_call_kernel(a, a->kfuncs->bpf_dynptr_size);
		aim_copy(a, aim_number(a), 0);
		return;
	}
	aim_argument(a, 2, 8);
	aim_argument(a, 3, 64);
	aim_call_kernel(a, a->kfuncs->bpf_dynptr_adjust);
}

static void spoil(struct aim *a)
{
	s16 off = (s16)(DYNPTR_AT + 8 * (s32)aim_below(a, 2));

	if (aim_below(a, 2))
		aim_emit(a, BPF_STX | BPF_MEM | BPF_DW, 10, aim_number(a), off, 0);
	else
		aim_emit(a, BPF_LDX | BPF_MEM | BPF_DW, aim_number(a), 10, off, 0);
}

static void use_dynptr_once(struct aim *a)
{
	switch (aim_below(a, a->kfuncs ? 8 : 5)) {
	case 0:
		read_dynptr(a);
		break;
	case 1:
		write_dynptr(a);
		break;
	case 2:
		show_data(a);
		break;
	case 3:
		if (!aim_below(a, 8)) {
			spoil(a);
			break;
		} /* fall through */
	case 4:
		aim_step(a);
		break;
	case 5:
	case 6:
		show_slice(a);
		break;
	default:
		measure(a);
	}
}

void aim_use_dynptr(struct aim *a)
{
	enum dynptr_of of = aim_below(a, a->kfuncs && a->is_main ? 3 : 2);
	u32 scope;

	if (!begin(a, DYNPTR))
		return;
	make_dynptr(a, of);
	scope = aim_open_scope(a);
	for (u32 i = 1 + aim_below(a, 3); i > 0; i--)
		use_dynptr_once(a);
	close(a, scope);
	if ((of == OF_RECORD) == !!aim_below(a, 24)) {
		aim_stack_at(a, 1, DYNPTR_AT);
		aim_set(a, 2, 0);
		aim_call(a, aim_below(a, 2) ? BPF_FUNC_ringbuf_submit_dynptr
					    : BPF_FUNC_ringbuf_discard_dynptr);
		if (!aim_below(a, 16))
			use_dynptr_once(a);
	}
	end(a, DYNPTR);
}

/* Few rounds when it runs, whatever the verifier knows of their number. */
static void make_iterator(struct aim *a)
{
	s32 first = (s32)aim_below(a, 6) - 3;

	aim_stack_at(a, 1, ITER_AT);
	aim_set(a, 2, first);
	if (aim_below(a, 2)) {
		aim_set(a, 3, first + (s32)aim_below(a, 20));
	} else {
		aim_copy(a, 3, aim_number(a));
		aim_emit(a, BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, 15);
	}
	aim_call_kernel(a, a->kfuncs->bpf_iter_num_new);
}

void aim_use_iterator(struct aim *a)
{
	u32 top, done, scope;

	if (!a->kfuncs || !begin(a, ITER))
		return;
	make_iterator(a);
	scope = aim_open_scope(a);
	top = a->g->len;
	aim_stack_at(a, 1, ITER_AT);
	aim_call_kernel(a, a->kfuncs->bpf_iter_num_next);
	done = a->g->len;
	aim_emit(a, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
	if (aim_below(a, 4))
		aim_emit(a, BPF_LDX | (aim_below(a, 2) ? BPF_MEM : BPF_MEMSX) | BPF_W,
			 aim_number(a), 0, 0, 0);
	for (u32 i = aim_below(a, 3); i > 0; i--)
		aim_step(a);
	aim_emit(a, BPF_JMP | BPF_JA, 0, 0, (s16)((s32)top - (s32)a->g->len - 1), 0);
	aim_land(a, done);
	close(a, scope);
	if (aim_below(a, 16)) {
		aim_stack_at(a, 1, ITER_AT);
		aim_call_kernel(a, a->kfuncs->bpf_iter_num_destroy);
	}
	end(a, ITER);
}

void aim_use_section(struct aim *a)
{
	bool rcu = aim_below(a, 2);
	u32 scope;

	if (!a->kfuncs || !begin(a, SECTION))
		return;
	aim_call_kernel(a, rcu ? a->kfuncs->bpf_rcu_read_lock : a->kfuncs->bpf_preempt_disable);
	scope = aim_open_scope(a);
	for (u32 i = 1 + aim_below(a, 2); i > 0; i--)
		aim_step(a);
	close(a, scope);
	if (aim_below(a, 16))
		aim_call_kernel(a, rcu ? a->kfuncs->bpf_rcu_read_unlock
				       : a->kfuncs->bpf_preempt_enable);
	end(a, SECTION);
}
