/* SPDX-License-Identifier: BSD-2-Clause */
/* The network that a world is given: what it takes, what it refuses and why, and who sees which. */
#include "cmocka_all.h"

#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "skep/net.h"

#define INSN(c, d, s, o, i)                                                                        \
	{                                                                                          \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)                \
	}

/* Returns the MTU of interface 2 as bpf_check_mtu writes it, or 1 when there is no such interface.
 */
static const struct bpf_insn asks_mtu[] = {
	INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 1), /* a length that fits everywhere */
	INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 2),
	INSN(BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0),
	INSN(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, -4),
	INSN(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 0),
	INSN(BPF_ALU64 | BPF_MOV | BPF_K, 5, 0, 0, 0),
	INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_check_mtu),
	INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 10, -4, 0),
	INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
};

struct fixture {
	struct skep_world *world;
	int prog_fd;
};

static void setup(struct fixture *f)
{
	union bpf_attr attr = { 0 };

	f->world = skep_world_new(NULL);
	assert_non_null(f->world);
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uint64_t)asks_mtu;
	attr.insn_cnt = sizeof(asks_mtu) / sizeof(asks_mtu[0]);
	attr.license = (uint64_t) "GPL";
	f->prog_fd = (int)skep_bpf(f->world, BPF_PROG_LOAD, &attr, sizeof(attr));
	assert_true(f->prog_fd >= 0);
}

static uint32_t mtu_seen(const struct fixture *f, uint32_t repeat)
{
	unsigned char frame[64] = { 0 };
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = (uint32_t)f->prog_fd;
	attr.test.data_in = (uint64_t)frame;
	attr.test.data_size_in = sizeof(frame);
	attr.test.repeat = repeat;
	assert_int_equal(skep_bpf(f->world, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	return attr.test.retval;
}

/* A network that is right, for tests that make one thing wrong. */
struct sample {
	struct skep_net_link links[2];
	struct skep_net_route routes[1];
	struct skep_net_neigh neighs[1];
	struct skep_net_rule rules[1];
	struct skep_net net;
};

static void sample(struct sample *s, uint32_t mtu)
{
	*s = (struct sample){
		.links = { { .ifindex = 2, .mtu = mtu }, { .ifindex = 3, .mtu = 1500 } },
		.routes = { { .family = AF_INET,
			      .prefix_len = 8,
			      .dst = { 10 },
			      .ifindex = 3,
			      .gw_family = AF_INET,
			      .gw = { 192, 0, 2, 1 } } },
		.neighs = { { .ifindex = 1, .family = AF_INET6 } },
		.rules = { { .mark = 1, .mask = 1, .table = 100 } },
	};
	s->net = (struct skep_net){ .size = sizeof(s->net),
				    .links = s->links,
				    .routes = s->routes,
				    .neighs = s->neighs,
				    .rules = s->rules,
				    .nr_links = 2,
				    .nr_routes = 1,
				    .nr_neighs = 1,
				    .nr_rules = 1 };
}

static void programs_see_the_network_given_last(void **state)
{
	struct fixture f;
	struct sample s;

	setup(&f);
	assert_int_equal(mtu_seen(&f, 1), 1);
	sample(&s, 1400);
	assert_int_equal(skep_world_set_net(f.world, &s.net), 0);
	memset(&s, 0xff, sizeof(s)); /* the world has a copy */
	assert_int_equal(mtu_seen(&f, 1), 1400);
	sample(&s, 1300);
	assert_int_equal(skep_world_set_net(f.world, &s.net), 0);
	assert_int_equal(mtu_seen(&f, 1), 1300);
	assert_int_equal(skep_world_set_net(f.world, NULL), 0);
	assert_int_equal(mtu_seen(&f, 1), 1);
	skep_world_free(f.world);
}

static void devmaps_take_the_interfaces_of_the_network(void **state)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_DEVMAP, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	uint32_t key = 0, ifindex;
	struct fixture f;
	struct sample s;
	int map;

	setup(&f);
	sample(&s, 1400);
	ifindex = s.net.links[1].ifindex;
	map = skep_bpf(f.world, BPF_MAP_CREATE, &attr, sizeof(attr));
	assert_true(map >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&ifindex;
	assert_int_equal(skep_bpf(f.world, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)), -EINVAL);
	assert_int_equal(skep_world_set_net(f.world, &s.net), 0);
	assert_int_equal(skep_bpf(f.world, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)), 0);
	close(map);
	skep_world_free(f.world);
}

static void what_is_wrong_is_named_and_changes_nothing(void **state)
{
	struct skep_net_link *none = NULL;
	struct fixture f;
	struct sample s;
	char why[128];

	setup(&f);
	sample(&s, 1400);
	assert_int_equal(skep_world_set_net(f.world, &s.net), 0);
#define WRONG(change, sentence)                                                                    \
	do {                                                                                       \
		sample(&s, 1300);                                                                  \
		change;                                                                            \
		assert_int_equal(skep_net_check(&s.net, why, sizeof(why)), -EINVAL);               \
		assert_non_null(strstr(why, sentence));                                            \
		assert_int_equal(skep_net_check(&s.net, why, 4), -EINVAL);                         \
		assert_int_equal(skep_world_set_net(f.world, &s.net), -EINVAL);                    \
		assert_int_equal(mtu_seen(&f, 1), 1400);                                           \
	} while (0)
	WRONG(s.net.size -= 4, "size");
	WRONG(s.net.links = none, "links: 2 elements");
	WRONG(s.net.nr_routes = SKEP_NET_MOST + 1, "routes: 4097 elements");
	WRONG(s.links[1].ifindex = 0, "links[1]: interface index 0");
	WRONG(s.links[1].ifindex = 1u << 31, "links[1]: interface index 2147483648");
	WRONG(s.links[1].ifindex = 2, "links[1]: links[0] is interface 2 already");
	WRONG(s.links[0].mtu = 67, "links[0]: MTU 67");
	WRONG(s.links[0].mtu = 65537, "links[0]: MTU 65537");
	WRONG(s.links[0].rx_queues = 4097, "links[0]: 4097 receive queues");
	WRONG(s.links[0].forwarding6 = 2, "links[0]: forwarding");
	WRONG(s.routes[0].family = 0, "routes[0]: family 0");
	WRONG(s.routes[0].type = SKEP_ROUTE_PROHIBIT + 1, "routes[0]: type 5");
	WRONG(s.routes[0].prefix_len = 33, "routes[0]: prefix length 33");
	WRONG(s.routes[0].dst[1] = 1, "routes[0]: the destination has bits behind its prefix of 8");
	WRONG(s.routes[0].ifindex = 9, "routes[0]: there is no interface 9");
	WRONG(s.routes[0].ifindex = 0, "routes[0]: there is no interface 0");
	WRONG(s.routes[0].mtu = 65521, "routes[0]: MTU 65521");
	WRONG(s.routes[0].gw_family = 1, "routes[0]: gateway family 1");
	WRONG(s.routes[0].family = AF_INET6,
	      "routes[0]: an IPv6 route cannot have an IPv4 gateway");
	WRONG(s.routes[0].type = SKEP_ROUTE_LOCAL, "routes[0]: only a unicast route has a gateway");
	WRONG(s.neighs[0].family = AF_UNIX, "neighs[0]: family 1");
	WRONG(s.neighs[0].ifindex = 4, "neighs[0]: there is no interface 4");
	WRONG(s.neighs[0].reserved = 1, "neighs[0]: reserved");
	WRONG(s.rules[0].family = 1, "rules[0]: family 1");
	WRONG(s.rules[0].reserved[2] = 1, "rules[0]: reserved");
#undef WRONG
	skep_world_free(f.world);
}

struct swapper {
	const struct fixture *f;
	atomic_bool stop;
};

static void *swap(void *arg)
{
	struct swapper *sw = arg;
	struct sample s;

	for (uint32_t i = 0; !atomic_load(&sw->stop); i++) {
		sample(&s, 1400 + i % 2);
		if (skep_world_set_net(sw->f->world, &s.net))
			return arg;
	}
	return NULL;
}

static void networks_change_while_programs_run(void **state)
{
	struct fixture f;
	struct swapper sw = { .f = &f };
	struct sample s;
	pthread_t thread;
	void *failed;

	setup(&f);
	sample(&s, 1400);
	assert_int_equal(skep_world_set_net(f.world, &s.net), 0);
	assert_int_equal(pthread_create(&thread, NULL, swap, &sw), 0);
	for (int i = 0; i < 2000; i++) {
		uint32_t mtu = mtu_seen(&f, 20);

		assert_true(mtu == 1400 || mtu == 1401);
	}
	atomic_store(&sw.stop, 1);
	pthread_join(thread, &failed);
	assert_null(failed);
	skep_world_free(f.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_see_the_network_given_last),
		cmocka_unit_test(devmaps_take_the_interfaces_of_the_network),
		cmocka_unit_test(what_is_wrong_is_named_and_changes_nothing),
		cmocka_unit_test(networks_change_while_programs_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
