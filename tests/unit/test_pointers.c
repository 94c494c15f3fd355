/* SPDX-License-Identifier: BSD-2-Clause */
/* What callers in this process point to: their stacks, the heap, and nothing at all. */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <skep/skep.h>

#include "cmocka_all.h"
#include "base/types.h"
#include "base/uapi.h"

#define PAGE 4096

static struct skep_world *world;
static int map_fd;

static int set_up(void **state)
{
	struct skep_world_opts opts = { .size = sizeof(opts), .trusts_pointers = *state != NULL };
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2
	};

	world = skep_world_new(&opts);
	map_fd = world ? (int)skep_bpf(world, BPF_MAP_CREATE, &attr, sizeof(attr)) : -1;
	return map_fd < 0;
}

static int tear_down(void **state)
{
	close(map_fd);
	skep_world_free(world);
	return 0;
}

static long element(int cmd, const void *key, const void *value)
{
	union bpf_attr attr = { .map_fd = (u32)map_fd, .key = (u64)key, .value = (u64)value };

	return skep_bpf(world, cmd, &attr, sizeof(attr));
}

/* Writes element 1 from one place and reads it into another. */
static void goes_round(u32 *key, u64 *from, u64 *to)
{
	*key = 1;
	*from = 0x1122334455667788 + *to;
	*to = 0;
	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, key, from), 0);
	assert_int_equal(element(BPF_MAP_LOOKUP_ELEM, key, to), 0);
	assert_true(*from == *to);
}

static void *from_its_stack(void *opaque)
{
	u64 values[2] = { 0, 7 };
	u32 key;

	goes_round(&key, &values[0], &values[1]);
	return opaque;
}

static void stacks_and_the_heap_are_read_and_written(void **state)
{
	u64 *heap = test_malloc(3 * sizeof(*heap));
	pthread_t thread;

	from_its_stack(NULL);
	heap[2] = 5;
	goes_round((u32 *)heap, &heap[1], &heap[2]);
	test_free(heap);
	assert_int_equal(pthread_create(&thread, NULL, from_its_stack, NULL), 0);
	pthread_join(thread, NULL);
}

static ucontext_t outside;
static u8 *hole; /* between a coroutine's stack, below, and its thread's */

static void coroutine(void)
{
	const u32 key = 1;

	from_its_stack(NULL);
	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, &key, hole), -EFAULT);
}

/* A stack that no thread was made with, above or below the thread's own. */
static void a_coroutines_stack_is_memory_like_any_other(void **state)
{
	const size_t size = 64 * PAGE;
	u8 *stack =
		mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ucontext_t inside;

	assert_ptr_not_equal(stack, MAP_FAILED);
	hole = stack + size;
	assert_int_equal(mprotect(hole, PAGE, PROT_NONE), 0);
	from_its_stack(NULL);
	assert_int_equal(getcontext(&inside), 0);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = size;
	inside.uc_link = &outside;
	makecontext(&inside, coroutine, 0);
	assert_int_equal(swapcontext(&outside, &inside), 0);
	munmap(stack, size + PAGE);
}

static void pointers_to_nothing_are_EFAULT(void **state)
{
	u8 *pages =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const u32 key = 1;
	u64 value = 3;
	union bpf_attr *nowhere = (void *)8;

	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
	assert_int_equal(element(BPF_MAP_LOOKUP_ELEM, NULL, &value), -EFAULT);
	assert_int_equal(element(BPF_MAP_LOOKUP_ELEM, &key, NULL), -EFAULT);
	assert_int_equal(element(BPF_MAP_LOOKUP_ELEM, &key, pages + PAGE - 4), -EFAULT);
	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, &key, pages + PAGE - 4), -EFAULT);
	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, &key, (void *)UINT64_MAX), -EFAULT);
	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, (void *)(UINT64_MAX - 3), &value), -EFAULT);
	assert_int_equal(skep_bpf(world, BPF_MAP_LOOKUP_ELEM, nowhere, sizeof(*nowhere)), -EFAULT);
	assert_int_equal(mprotect(pages, PAGE, PROT_READ), 0);
	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, &key, pages), 0);
	assert_int_equal(element(BPF_MAP_LOOKUP_ELEM, &key, pages), -EFAULT);
	munmap(pages, 2 * PAGE);
}

/* The last bytes of a stack, and the first behind it. */
static void *at_the_stacks_end(void *opaque)
{
	u8 *end = opaque;
	const u32 key = 1;

	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, &key, end - 8), 0);
	assert_int_equal(element(BPF_MAP_UPDATE_ELEM, &key, end - 7), -EFAULT);
	assert_int_equal(element(BPF_MAP_LOOKUP_ELEM, &key, end - 4), -EFAULT);
	assert_int_equal(element(BPF_MAP_LOOKUP_ELEM, &key, end), -EFAULT);
	return NULL;
}

static void a_stack_ends_where_it_ends(void **state)
{
	const size_t size = 64 * PAGE;
	u8 *stack =
		mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	assert_ptr_not_equal(stack, MAP_FAILED);
	assert_int_equal(mprotect(stack + size, PAGE, PROT_NONE), 0);
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack, size), 0);
	assert_int_equal(pthread_create(&thread, &attr, at_the_stacks_end, stack + size), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	munmap(stack, size + PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stacks_and_the_heap_are_read_and_written, set_up,
						tear_down),
		cmocka_unit_test_prestate_setup_teardown(stacks_and_the_heap_are_read_and_written,
							 set_up, tear_down, "trusted"),
		cmocka_unit_test_setup_teardown(a_coroutines_stack_is_memory_like_any_other, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(pointers_to_nothing_are_EFAULT, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stack_ends_where_it_ends, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
