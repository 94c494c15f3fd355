/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A crowd of clients in one world: processes with many threads that make, use, pass on and drop
 * objects, at random.
 *
 *	crowd PROCESSES THREADS SECONDS KILLS [SEED]
 *
 * Meanwhile KILLS further clients are made and killed at any moment. At the end everything that was
 * counted must be there, and no object be left. It says "done" and the number of things done, waits
 * for the end of its input, and ends with 0.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "../door/client.h"
#include "crowd.h"

struct crowd *crowd;
int counters, table, adder;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

unsigned int pick(struct actor *a, unsigned int below)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return (a->random >> 11) % below;
}

static void *act(void *arg)
{
	struct actor *a = arg;

	while (!crowd->stop && now() < a->end) {
		all_acts[pick(a, nr_acts)](a);
		__atomic_fetch_add(&crowd->acts, 1, __ATOMIC_RELAXED);
	}
	drop_keys(a);
	return NULL;
}

static struct actor *new_actor(int process, int thread, double end, int in, int out)
{
	struct actor *a = calloc(1, sizeof(*a));

	CHECK(a);
	*a = (struct actor){ .id = process << 16 | thread, .end = end, .in = in, .out = out };
	a->random = crowd->seed + a->id * 0x9e3779b97f4a7c15ull + 1;
	return a;
}

/* One process of the crowd; its neighbours are at the other ends of two sockets. */
static void be_process(int process, int threads, double end, int in, int out)
{
	pthread_t *ids = calloc(threads, sizeof(*ids));

	CHECK(ids);
	for (int i = 0; i < threads; i++)
		CHECK(!pthread_create(&ids[i], NULL, act, new_actor(process, i, end, in, out)));
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	exit(0);
}

static void wait_for(pid_t pid, int signal)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(signal ? WIFSIGNALED(status) && WTERMSIG(status) == signal : status == 0);
}

/* Clients that live for up to 20 ms. */
static void kill_clients(int kills)
{
	struct actor *me = new_actor(0x7fff, 0, 0, -1, -1);
	pid_t pids[4] = { 0 };

	for (int i = 0; i < kills + 4; i++) {
		pid_t *pid = &pids[i % 4];

		if (*pid) {
			kill(*pid, SIGKILL);
			wait_for(*pid, SIGKILL);
			*pid = 0;
		}
		if (i >= kills)
			continue;
		*pid = fork();
		if (*pid == 0) {
			be_process(0x4000 + i % 0x3000, 2, now() + 3600, -1, -1);
		}
		usleep(pick(me, 5000));
	}
	free(me);
}

static int nr_left(int next_id)
{
	union bpf_attr attr = { .start_id =
					next_id == BPF_BTF_GET_NEXT_ID }; /* behind the kernel's */
	int nr = 0;

	while (!bpf(next_id, &attr, sizeof(attr))) {
		attr.start_id = attr.next_id;
		nr++;
	}
	CHECK(errno == ENOENT);
	return nr;
}

/* A call of a client that was killed goes on until the world notices. */
static int nr_left_soon(void)
{
	int left = 1;

	for (int i = 0; i < 100 && left; i++) {
		if (i)
			usleep(50000);
		left = nr_left(BPF_MAP_GET_NEXT_ID) + nr_left(BPF_PROG_GET_NEXT_ID) +
		       nr_left(BPF_BTF_GET_NEXT_ID);
	}
	return left;
}

/* Every run of the program is in the counter, but for those that were killed on their way. */
static void check_counts(int kills)
{
	unsigned int key = 0;
	unsigned long long value = 0, begun = crowd->adds_begun, ended = crowd->adds_ended;

	CHECK(!elem(BPF_MAP_LOOKUP_ELEM, counters, &key, &value));
	if (value < ended || value > begun || (!kills && begun != ended))
		fprintf(stderr, "%llu counted, %llu runs begun, %llu ended\n", value, begun, ended);
	CHECK(value >= ended && value <= begun);
}

static void run_crowd(int processes, int threads, int kills)
{
	int *socks = calloc(2 * processes, sizeof(*socks));
	pid_t *pids = calloc(processes, sizeof(*pids));

	CHECK(socks && pids);
	for (int i = 0; i < processes; i++)
		CHECK(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, &socks[2 * i]));
	for (int i = 0; i < processes; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (!pids[i])
			be_process(i, threads, crowd->end, socks[2 * i],
				   socks[2 * ((i + 1) % processes) + 1]);
	}
	kill_clients(kills);
	for (int i = 0; i < processes; i++)
		wait_for(pids[i], 0);
	for (int i = 0; i < 2 * processes; i++)
		close(socks[i]);
	free(socks);
	free(pids);
}

int main(int argc, char **argv)
{
	int processes, threads, kills, left;

	if (argc < 5)
		return 2;
	processes = atoi(argv[1]);
	threads = atoi(argv[2]);
	kills = atoi(argv[4]);
	crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	CHECK(crowd != MAP_FAILED);
	crowd->end = now() + atof(argv[3]);
	crowd->seed = argc > 5 ? strtoul(argv[5], NULL, 0) : 1;
	counters = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	table = map_create(BPF_MAP_TYPE_HASH, 4, 8, 1 << 16, 0);
	adder = adding_program(counters);
	CHECK(counters >= 0 && table >= 0 && adder >= 0);
	run_crowd(processes, threads, kills);
	check_counts(kills);
	close(counters);
	close(table);
	close(adder);
	left = nr_left_soon();
	printf("done %llu things, %d objects left\n", crowd->acts, left);
	fflush(stdout);
	while (getchar() != EOF)
		;
	return left != 0;
}
