#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A crowd of clients in one world (crowd.c), and what the world looks like meanwhile and afterwards.

  run.py SKEP CROWD [--processes N] [--threads N] [--seconds N] [--kills N] [--seed N]

It fails when the crowd does (something was lost, or an object is left), when nothing moves any more, when the world
keeps fds, or does not end, and when a sanitizer has something to say.
"""
import argparse
import glob
import os
import random
import re
import select
import subprocess
import sys
import tempfile
import time

MOST_FDS = 64  # of a world without objects: its own, and pidfds of the last callers


def keeper_of(word):
    """The process that keeps the world of a command with a certain word on its command line."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as comm, open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                if comm.read() == "skep-world\n" and word.encode() in cmdline.read():
                    return int(pid)
        except OSError:
            pass
    return None


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def look(pid):
    """(fds, KiB of memory) of a process."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return len(os.listdir(f"/proc/{pid}/fd")), int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))


def run(args, logs):
    word = str(args.seed or random.randrange(1 << 40, 1 << 41))
    sanitizer = f"log_path={logs}/report:exitcode=66"
    env = dict(os.environ, ASAN_OPTIONS=sanitizer, TSAN_OPTIONS=sanitizer, UBSAN_OPTIONS=sanitizer + ":print_stacktrace=1")
    cmd = [args.skep, "exec", "--quiet", "--", args.crowd, *map(str, (args.processes, args.threads, args.seconds, args.kills)), word]
    problems, seen = [], [(0, 0)]
    with subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as crowd:
        if not wait_for(lambda: keeper_of(word), 30):
            crowd.kill()
            return ["there is no world"]
        keeper = keeper_of(word)
        start = time.monotonic()
        said = ""
        while crowd.poll() is None:
            if time.monotonic() - start > args.seconds + args.kills / 20 + 300:
                problems.append("nothing moves any more")
                crowd.kill()
                break
            if select.select([crowd.stdout], [], [], 0.5)[0]:
                said = crowd.stdout.readline()
                break
            try:
                seen.append(look(keeper))
            except OSError:
                problems.append("the world has died")
                break
        said = said.strip()
        if "done" in said and not problems:
            last = look(keeper)
            if last[0] > MOST_FDS:
                problems.append(f"{last[0]} fds are left")
            print(f"{said}; fds at most {max(s[0] for s in seen)}, {last[0]} at last; memory {seen[len(seen) // 2][1]} KiB half way, "
                  f"{last[1]} at last", flush=True)
        crowd.stdin.close()
        if crowd.wait(timeout=60):
            problems.append(f"the crowd ended with {crowd.returncode}")
        if not wait_for(lambda: not keeper_of(word), 60):
            problems.append("the world does not end")
    for report in sorted(glob.glob(logs + "/report*")):
        with open(report, encoding="utf-8", errors="replace") as f:
            problems.append(f.read())
    return problems


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("skep")
    p.add_argument("crowd")
    for name, value in (("processes", 8), ("threads", 64), ("seconds", 300), ("kills", 0), ("seed", 0)):
        p.add_argument("--" + name, type=int, default=value)
    args = p.parse_args()
    probe = subprocess.run([args.skep, "exec", "--", "true"], capture_output=True, text=True, timeout=60, check=False)
    if probe.returncode:
        print("skipped: " + probe.stderr.strip())
        return 77
    with tempfile.TemporaryDirectory() as logs:
        problems = run(args, logs)
    print("\n".join(problems) if problems else "nothing was lost, and nothing is left")
    return 1 if problems else 0


sys.exit(main())
