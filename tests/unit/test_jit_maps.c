/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map helpers in machine code, where the map is known to the compiler and where it is not: what the
 * interpreter does. R1 is an array of words: [0] chooses a map, [1] is the key, [2] the value.
 */
#include "cmocka_all.h"
#include "jit_run.h"

#include "map/map.h"

#define ENTRIES 5
#define CPUS 3
#define MAX_VALUE 128

struct builder {
	struct insn insns[64];
	u32 len;
};

static void put(struct builder *b, struct insn insn)
{
	b->insns[b->len++] = insn;
}

#define PUT(...) put(b, (struct insn)__VA_ARGS__)

static void put_map(struct builder *b, u8 reg, u32 map)
{
	PUT({ .op = OP_LDMAP, .dst = reg, .src = BPF_PSEUDO_MAP_FD, .imm = map });
	PUT({ .op = OP_LDIMM_HI });
}

/* How a program comes by its map, and how it asks whether there was a value. */
enum source { KNOWN, COPIED, CHOSEN, NR_SOURCES };
enum test { IF_NULL, IF_NOT_NULL, IF_COPY_NULL, IF_OTHER_FIRST, IF_NULL_OR_ELSEWHERE, NR_TESTS };

/* R6 = R1, R8 = something to be kept across the call; R1 = the map, R2 = the key's address. */
static void put_arguments(struct builder *b, enum source source)
{
	PUT(ALU64_X(MOV, 6, 1));
	PUT(ALU64_X(MOV, 8, 6));
	PUT(ALU64_K(ADD, 8, 100));
	if (source == COPIED) {
		put_map(b, 7, 0);
		PUT(ALU64_X(MOV, 1, 7));
	} else if (source ==
		   CHOSEN) { /* the second map is R1's on one way here, the first on the other */
		PUT(LOAD64(3, 6, 0));
		put_map(b, 1, 0);
		PUT({ .op = OP_JNE64_K, .dst = 3, .off = 2 });
		put_map(b, 1, 1);
	} else {
		put_map(b, 1, 0);
	}
	PUT(ALU64_X(MOV, 2, 6));
	PUT(ALU64_K(ADD, 2, 8));
}

/* The test behind the call is where another jump lands, too. */
static void put_way_around(struct builder *b)
{
	PUT(ALU64_K(MOV, 0, 0));
	PUT(LOAD64(3, 6, 0));
	PUT({ .op = OP_JEQ64_K, .dst = 3, .imm = 1, .off = 1 });
}

/* R0 += R8 - R6, which is 100. */
static void put_end(struct builder *b)
{
	PUT(ALU64_X(SUB, 8, 6));
	PUT(ALU64_X(ADD, 0, 8));
	PUT(EXIT);
}

/* What a found value is worth: 1000 more than its first 4 bytes. */
#define FOUND(b)                                                                                   \
	put(b, (struct insn){ .op = OP_LDXW, .dst = 0, .src = 0 });                                \
	put(b, (struct insn)ALU64_K(ADD, 0, 1000));
#define FOUND_LEN 2

static void put_test(struct builder *b, enum test test)
{
	switch (test) {
	case IF_NOT_NULL:
		PUT({ .op = OP_JNE64_K, .dst = 0, .off = 2 });
		PUT(ALU64_K(ADD, 0, 7));
		PUT(GOTO(FOUND_LEN));
		FOUND(b);
		return;
	case IF_COPY_NULL:
		PUT(ALU64_X(MOV, 9, 0));
		PUT({ .op = OP_JEQ64_K, .dst = 9, .off = FOUND_LEN });
		break;
	case IF_OTHER_FIRST: /* a comparison with something else comes first */
		PUT({ .op = OP_JEQ64_K, .dst = 0, .imm = 1, .off = FOUND_LEN + 1 });
		PUT({ .op = OP_JEQ64_K, .dst = 0, .off = FOUND_LEN });
		break;
	default:
		PUT({ .op = OP_JEQ64_K, .dst = 0, .off = FOUND_LEN });
	}
	FOUND(b);
}

static struct map *new_map(u32 type, u32 value_size, u32 salt)
{
	const struct map_def def = { .type = type,
				     .key_size = 4,
				     .value_size = value_size,
				     .max_entries = ENTRIES,
				     .nr_cpus = CPUS };
	u8 value[CPUS * MAX_VALUE];
	int err;
	struct map *map = skep__map_new(&def, NULL, 1, "test", &skep__default_services, &err);

	assert_non_null(map);
	for (u32 key = 0; key < ENTRIES - (type == BPF_MAP_TYPE_HASH); key++) {
		for (u32 i = 0; i < sizeof(value); i++)
			value[i] = salt + 17 * key + i;
		assert_int_equal(map->ops->sys_update(map, &key, value, BPF_ANY), 0);
	}
	return map;
}

/* The program in either mode, as on the CPU words[3], each with maps of its own, which must be the
 * same afterwards. */
struct pair {
	struct map *maps[2][2];
	u32 value_size;
};

static void pair_init(struct pair *pair, u32 type, u32 value_size)
{
	pair->value_size = value_size;
	for (u32 side = 0; side < 2; side++) {
		pair->maps[side][0] = new_map(type, value_size, 1);
		pair->maps[side][1] = new_map(type, value_size, 99);
	}
}

static void pair_fini(struct pair *pair)
{
	for (u32 i = 0; i < 4; i++)
		skep__map_free(pair->maps[i / 2][i % 2]);
}

static u64 run_side(const struct pair *pair, u32 side, const struct builder *b, const u64 words[4])
{
	struct run run = { .svc = &skep__default_services, .cpu = words[3] };
	u64 memory[4], result;
	struct small_prog p;

	memcpy(memory, words, sizeof(memory));
	small_prog(&p, b->insns, b->len);
	p.prog.maps = pair->maps[side];
	p.prog.nr_maps = 2;
	if (side)
		assert_int_equal(skep__jit_compile(&p.prog), 0);
	result = skep__exec(&run, &p.prog, memory, side ? MODE_JIT : MODE_INTERP, NULL);
	skep__jit_free(&p.prog);
	return result;
}

static void assert_same_contents(const struct pair *pair, u32 m)
{
	for (u32 key = 0; key < ENTRIES + 2; key++) {
		u8 values[2][CPUS * MAX_VALUE] = { 0 };
		int errs[2];

		for (u32 side = 0; side < 2; side++) {
			struct map *map = pair->maps[side][m];

			errs[side] = map->ops->sys_lookup(map, &key, values[side], 0);
		}
		assert_int_equal(errs[0], errs[1]);
		assert_memory_equal(values[0], values[1], sizeof(values[0]));
	}
}

static const u32 keys[] = { 0, 1, 3, ENTRIES - 1, ENTRIES, ENTRIES + 1, 0x80000000, UINT32_MAX };

static void run_both(const struct pair *pair, const struct builder *b, u32 cpus)
{
	for (u32 i = 0; i < 2 * ARRAY_SIZE(keys); i++) {
		const u64 words[4] = { i % 2, keys[i / 2] | 0xabcdull << 32, 0x1122334455667788,
				       i * 5 % cpus };
		u64 interpreted = run_side(pair, 0, b, words),
		    compiled = run_side(pair, 1, b, words);

		if (interpreted != compiled)
			fail_msg("key %u, value size %u: %#llx in machine code, %#llx interpreted",
				 keys[i / 2], pair->value_size, (unsigned long long)compiled,
				 (unsigned long long)interpreted);
		assert_same_contents(pair, 0);
		assert_same_contents(pair, 1);
	}
}

static void lookups_find_what_the_interpreter_finds(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY,
				     BPF_MAP_TYPE_HASH };
	static const u32 sizes[] = { 4, 8, 16, 24, 64, 100 };

	for (u32 i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(sizes); i++) {
		struct pair pair;

		pair_init(&pair, types[i / ARRAY_SIZE(sizes)], sizes[i % ARRAY_SIZE(sizes)]);
		for (u32 form = 0; form < NR_SOURCES * NR_TESTS; form++) {
			struct builder builder = { .len = 0 }, *b = &builder;

			put_arguments(b, form / NR_TESTS);
			if (form % NR_TESTS == IF_NULL_OR_ELSEWHERE)
				put_way_around(b);
			PUT(HELPER_CALL(BPF_FUNC_map_lookup_elem));
			put_test(b, form % NR_TESTS);
			put_end(b);
			run_both(&pair, b, CPUS + 1); /* one that there is not */
		}
		pair_fini(&pair);
	}
}

/* The value is at words[2]; its flags are ANY, NOEXIST, EXIST, and such as there are none. */
static void updates_and_removals_do_what_the_interpreter_does(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY,
				     BPF_MAP_TYPE_HASH };

	for (u32 i = 0; i < ARRAY_SIZE(types) * 2; i++) {
		struct pair pair;

		pair_init(&pair, types[i / 2], 4 + i % 2 * 4);
		for (u32 form = 0; form < NR_SOURCES * 5; form++) {
			struct builder builder = { .len = 0 }, *b = &builder;

			put_arguments(b, form / 5);
			PUT(ALU64_X(MOV, 3, 2));
			PUT(ALU64_K(ADD, 3, 8));
			PUT(ALU64_K(MOV, 4, form % 5 < 4 ? form % 5 : 0));
			PUT(HELPER_CALL(form % 5 < 4 ? BPF_FUNC_map_update_elem
						     : BPF_FUNC_map_delete_elem));
			put_end(b);
			run_both(&pair, b, CPUS);
		}
		pair_fini(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookups_find_what_the_interpreter_finds),
		cmocka_unit_test(updates_and_removals_do_what_the_interpreter_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
