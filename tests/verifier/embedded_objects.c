/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the verifier says beside what programs hold, as in embedded.c, for the programs of BPF
 * objects: each is loaded by itself, by libbpf into a world that writes down what is explored, and
 * those that are accepted run by BPF_PROG_TEST_RUN in checked mode on packets and contexts of
 * several kinds (test_inputs.h), with maps as the object has them and then with arbitrary content.
 * Before each instruction everything that is live must fit one of the states explored there.
 *
 * A row of tab-separated columns for each program, which runs in a process of its own:
 *
 *   object program outcome runs instructions
 *
 *   embedded_objects [-t SECONDS] [-n INSTRUCTIONS] OBJECT...
 *
 * -t: for a program. -n: that are looked at in a run, which then goes on alone. Exit code 1:
 * something did not fit, or was stopped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "diff/asked.h"
#include "explored.h"
#include "load_alone.h"
#include "sys/sys.h"
#include "test_inputs.h"

#define MAX_PROGRAMS 1024
#define MAX_WATCHED 64
#define STATES_LIMIT ((size_t)1 << 30) /* bytes of what is written down */
#define UNKNOWN_ERROR 524 /* of a type that cannot be test-run */

#define OUTCOMES(X)                                                                                \
	X(DIED, "died")                                                                            \
	X(CUT_SHORT, "cut short")                                                                  \
	X(REFUSED, "refused")                                                                      \
	X(NO_RUNS, "of a type without test runs")                                                  \
	X(NOT_RUN, "not run: no context fits")                                                     \
	X(TOO_LARGE, "too many states")                                                            \
	X(FITS, "fits")                                                                            \
	X(ABSENT, "stopped at a function that is not here")                                        \
	X(ENDLESS, "stopped after very many instructions")                                         \
	X(OF_KERNEL, "stopped, and reads objects of the kernel")                                   \
	X(MISALIGNED, "stopped at a misaligned atomic operation")                                  \
	X(STOPPED, "stopped")                                                                      \
	X(MISFIT, "misfit")

enum outcome {
#define X(name, text) name,
	OUTCOMES(X)
#undef X
		NR_OUTCOMES
};
static const char *const outcome_texts[] = {
#define X(name, text) text,
	OUTCOMES(X)
#undef X
};

/* What a child tells its parent, in shared memory. */
struct result {
	enum outcome outcome;
	bool registers_only; /* were looked at */
	bool follows_kernel; /* it reads what is not here, and always runs in checked mode */
	u64 runs, looks, unwatched;
};
static struct result *result;

static struct explored watched[MAX_WATCHED]; /* programs, by where they are in memory */
static u32 looks_a_run = 100000, looks_left;
static u64 programs[NR_OUTCOMES];

/* ---- watching ---------------------------------------------------------------------------------
 */

static struct explored *find_watched(const struct prog *prog)
{
	for (u32 i = 0; i < MAX_WATCHED; i++) {
		if (watched[i].prog == prog)
			return &watched[i];
	}
	return NULL;
}

static struct verify_watch looking; /* at verifications */

static void note_state(void *opaque, const struct verify_env *env)
{
	struct explored *x = find_watched(env->prog);

	if (env->processed == 1) {
		x = x ? x : find_watched(NULL);
		if (x)
			explored_begin(x, env->prog, looking.whole_stack, STATES_LIMIT);
	}
	if (x)
		explored_note(x, env);
}

static void note_end(void *opaque, struct verify_env *env)
{
	struct explored *x = find_watched(env->prog);

	if (x)
		explored_end(x);
}

static void check_values(void *opaque, const struct run *run, u32 insn, const struct value *regs)
{
	struct explored *x = find_watched(run->prog);

	result->follows_kernel |= run->prog->checked_only;
	if (!x || !x->complete || !looks_left) {
		result->unwatched++;
		return;
	}
	looks_left--;
	result->looks++;
	if (explored_fits(x, run, insn, regs))
		return;
	if (result->outcome != MISFIT)
		explored_print(x, run, insn, regs, stdout);
	result->outcome = MISFIT;
}

/* ---- one program ------------------------------------------------------------------------------
 */

/* Stops that are rows of docs/differences.md; and those of programs that checked mode lets go on
 * for no longer. */
static enum outcome outcome_of(const char *fault)
{
	if (!fault)
		return FITS;
	if (strstr(fault, "is not there for programs of this type") ||
	    strstr(fault, "skep does not have helper"))
		return ABSENT;
	if (strstr(fault, "atomic operation") && strstr(fault, "not a multiple"))
		return MISALIGNED;
	if (strstr(fault, "the run was stopped after"))
		return ENDLESS;
	if (result->follows_kernel || strstr(fault, "does not look here as it does in the kernel"))
		return OF_KERNEL;
	return STOPPED;
}

static void see_end_of_run(const char *fault)
{
	enum outcome outcome = outcome_of(fault);

	if (outcome == STOPPED && result->outcome < STOPPED)
		printf("%s\n", fault);
	result->outcome = max(result->outcome, outcome);
	result->runs++;
}

static void run_once(int fd, struct bpf_test_run_opts *opts)
{
	int err;

	looks_left = looks_a_run;
	err = bpf_prog_test_run_opts(fd, opts);
	if (!err || skep_world_fault(asked->world))
		see_end_of_run(skep_world_fault(asked->world));
	else if (err == -UNKNOWN_ERROR && result->outcome < FITS)
		result->outcome = NO_RUNS;
}

static void run_on_inputs(const struct bpf_program *prog)
{
	struct bpf_test_run_opts opts;

	for (u32 nr = 0; test_input(bpf_program__type(prog), nr, &opts); nr++)
		run_once(bpf_program__fd(prog), &opts);
}

/* Where the whole stack makes too many states, registers are looked at alone; where these do too,
 * nothing is. */
static void look_at(const char *path, const char *name)
{
	int err;
	struct bpf_object *obj = load_alone(path, name, &err);
	const struct bpf_program *prog;

	if (err == -E2BIG || err == -ENOMEM) {
		looking.whole_stack = false;
		obj = load_alone(path, name, &err);
	}
	if (err == -E2BIG || err == -ENOMEM) {
		asked->world->world->verify_watch = NULL;
		obj = load_alone(path, name, &err);
	}
	if (!obj) {
		result->outcome = REFUSED;
		return;
	}
	result->outcome = NOT_RUN;
	result->registers_only = !looking.whole_stack;
	prog = bpf_object__find_program_by_name(obj, name);
	run_on_inputs(prog);
	fill_maps(obj, bpf_program__fd(prog));
	run_on_inputs(prog);
	if (result->outcome == FITS && !result->looks)
		result->outcome = TOO_LARGE;
}

static void look_apart(const char *path, const char *name, u32 seconds)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	int status = 0;
	pid_t pid;

	*result = (struct result){ 0 };
	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(seconds);
		look_at(path, name);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		result->outcome = result->outcome > FITS ? result->outcome : CUT_SHORT;
	else if (WIFSIGNALED(status))
		result->outcome = DIED;
	programs[result->outcome]++;
	printf("%s\t%s\t%s%s\t%llu\t%llu\n", base, name, outcome_texts[result->outcome],
	       result->registers_only ? ", registers only" : "", (unsigned long long)result->runs,
	       (unsigned long long)result->looks);
}

/* ---- all of them ------------------------------------------------------------------------------
 */

struct total {
	u64 runs, looks, unwatched, registers_only;
};

static bool look_at_object(const char *path, u32 seconds, struct total *total)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	char *names[MAX_PROGRAMS];
	struct bpf_program *p;
	u32 n = 0;

	if (!obj) {
		printf("%s: libbpf does not open it\n", path);
		return false;
	}
	bpf_object__for_each_program (p, obj) {
		if (n < MAX_PROGRAMS)
			names[n++] = strdup(bpf_program__name(p));
	}
	bpf_object__close(obj);
	for (u32 i = 0; i < n; i++) {
		look_apart(path, names[i], seconds);
		total->runs += result->runs;
		total->looks += result->looks;
		total->unwatched += result->unwatched;
		total->registers_only += result->registers_only;
		free(names[i]);
	}
	return true;
}

static int be_silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

static bool open_world(struct door *door)
{
	static const struct run_watch run = { NULL, check_values };
	struct skep_world_opts opts = { .size = sizeof(opts) };

	*door = (struct door){ .name = "checked", .world = skep_world_new(&opts) };
	if (!door->world)
		return false;
	skep_world_set_mode(door->world, SKEP_MODE_CHECKED);
	skep__world_kernel_btf(door->world->world); /* once for all children */
	looking = (struct verify_watch){ NULL, note_state, note_end, true };
	door->world->world->verify_watch = &looking;
	door->world->world->run_watch = &run;
	asked = door;
	return true;
}

int main(int argc, char **argv)
{
	struct total total = { 0 };
	struct door door;
	bool all_open = true;
	u32 seconds = 20;

	for (int c; (c = getopt(argc, argv, "t:n:")) != -1;) {
		if (c == 't')
			seconds = strtoul(optarg, NULL, 0);
		else if (c == 'n')
			looks_a_run = strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(be_silent);
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (result == MAP_FAILED || !open_world(&door)) {
		fprintf(stderr, "embedded_objects: no memory, or no world\n");
		return 1;
	}
	for (int i = optind; i < argc; i++)
		all_open &= look_at_object(argv[i], seconds, &total);
	for (u32 i = 0; i < NR_OUTCOMES; i++) {
		if (programs[i])
			printf("%llu programs: %s\n", (unsigned long long)programs[i],
			       outcome_texts[i]);
	}
	printf("%llu runs, %llu instructions looked at, %llu not; registers only of %llu "
	       "programs\n",
	       (unsigned long long)total.runs, (unsigned long long)total.looks,
	       (unsigned long long)total.unwatched, (unsigned long long)total.registers_only);
	door_close(&door);
	return !all_open || !programs[FITS] || programs[MISFIT] || programs[STOPPED] ||
	       programs[DIED];
}
