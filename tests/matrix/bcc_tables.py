# SPDX-License-Identifier: BSD-2-Clause
"""Maps and tables as users of BCC write them; run by test_bcc.py with Debian's python."""
import ctypes
import struct

from bcc import BPF

TEXT = r"""
#include <uapi/linux/bpf.h>
struct key_t { u32 a; u32 b; };
struct net_t { u32 length; u32 address; };
struct event_t { u32 length; u32 mark; };
BPF_HASH(hash, struct key_t, u64);
BPF_ARRAY(array, u64, 4);
BPF_PERCPU_ARRAY(percpu, u64, 2);
BPF_TABLE("lru_hash", u32, u64, lru, 32);
BPF_HISTOGRAM(dist);
BPF_PROG_ARRAY(jumps, 4);
BPF_LPM_TRIE(trie, struct net_t, u64, 8);
BPF_QUEUE(queue, u32, 4);
BPF_STACK(stack, u32, 4);
BPF_PERF_OUTPUT(perf);
BPF_RINGBUF_OUTPUT(ring, 1);
int count(struct __sk_buff *skb)
{
	struct key_t key = { .a = 1, .b = skb->len };
	struct event_t event = { .length = skb->len, .mark = 7 };
	int slot = 1;

	hash.increment(key);
	array.increment(2);
	percpu.increment(1);
	dist.increment(bpf_log2l(skb->len));
	perf.perf_submit_skb(skb, 0, &event, sizeof(event));
	ring.ringbuf_output(&event, sizeof(event), 0);
	jumps.call((void *)skb, slot);
	return 3;
}
int target(struct __sk_buff *skb) { return 42; }
"""

libc = ctypes.CDLL(None, use_errno=True)


def test_run(fd, length):
    data = ctypes.create_string_buffer(length)
    attr = bytearray(80)
    struct.pack_into("<IIIIQQ", attr, 0, fd, 0, length, 0, ctypes.addressof(data), 0)
    buf = (ctypes.c_char * len(attr)).from_buffer(attr)
    if libc.syscall(321, 10, buf, len(attr)):
        raise OSError(ctypes.get_errno(), "test run")
    return struct.unpack_from("<I", attr, 4)[0]


def events(b, prog):
    class Event(ctypes.Structure):
        _fields_ = [("length", ctypes.c_uint), ("mark", ctypes.c_uint)]

    def on_perf(cpu, data, size):
        e = ctypes.cast(data, ctypes.POINTER(Event)).contents
        print("perf", e.length, e.mark)

    def on_ring(ctx, data, size):
        e = ctypes.cast(data, ctypes.POINTER(Event)).contents
        print("ring", e.length, e.mark)

    b["perf"].open_perf_buffer(on_perf, page_cnt=8)
    b["ring"].open_ring_buffer(on_ring)
    print("runs", test_run(prog.fd, 64), test_run(prog.fd, 200))
    b.perf_buffer_poll(timeout=2000)
    b.ring_buffer_consume()


def main():
    b = BPF(text=TEXT)
    prog, target = b.load_func("count", BPF.SCHED_CLS), b.load_func("target", BPF.SCHED_CLS)
    events(b, prog)
    b["jumps"][ctypes.c_int(1)] = ctypes.c_int(target.fd)
    print("jumps", test_run(prog.fd, 64))
    del b["jumps"][ctypes.c_int(1)]
    print("back", test_run(prog.fd, 64))

    table = b["hash"]
    print(sorted((k.a, k.b, v.value) for k, v in table.items()), len(table))
    table[table.Key(5, 6)] = table.Leaf(7)
    print(table[table.Key(5, 6)].value, table.Key(9, 9) in [(k.a, k.b) for k in table.keys()])
    del table[table.Key(5, 6)]
    try:
        table[table.Key(5, 6)]
    except KeyError:
        print("gone")
    table.clear()
    print(len(table))

    print([v.value for v in b["array"].values()], b["percpu"].sum(1).value)
    b["dist"].print_log2_hist("bytes")
    lru = b["lru"]
    for i in range(10):
        lru[ctypes.c_uint(i)] = ctypes.c_ulong(i * i)
    print(sorted((k.value, v.value) for k, v in lru.items()))
    print(len(list(lru.items_lookup_and_delete_batch())), len(lru))
    trie = b["trie"]
    trie[trie.Key(8, 10)] = ctypes.c_ulong(77)
    print(trie[trie.Key(32, 0x0302010A)].value)
    for name in ("queue", "stack"):
        for i in range(4):
            b[name].push(ctypes.c_uint(i))
        print(name, [b[name].pop().value for _ in range(4)])
        try:
            b[name].pop()
        except KeyError:
            print("empty")


main()
