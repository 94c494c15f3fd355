// SPDX-License-Identifier: BSD-2-Clause

// The same as watch.c, as users of cilium/ebpf write it: static, with system calls of its own.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/perf"
	"github.com/cilium/ebpf/ringbuf"
)

type event struct {
	Number, Length uint32
	What           [8]byte
}

func check(what string, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
}

func show(from string, raw []byte) {
	var e event
	check("event", binary.Read(bytes.NewReader(raw), binary.LittleEndian, &e))
	fmt.Printf("%s: %d %s of %d bytes\n", from, e.Number, bytes.TrimRight(e.What[:], "\x00"), e.Length)
}

// A value of each size through the map types that a client can fill.
func maps() {
	for _, t := range []ebpf.MapType{ebpf.Hash, ebpf.Array, ebpf.LRUHash, ebpf.PerCPUArray, ebpf.Queue} {
		spec := ebpf.MapSpec{Type: t, KeySize: 4, ValueSize: 8, MaxEntries: 4}
		if t == ebpf.Queue {
			spec.KeySize = 0
		}
		m, err := ebpf.NewMap(&spec)
		check("map", err)
		var got uint64
		switch t {
		case ebpf.Queue:
			check("push", m.Put(nil, uint64(7)))
			check("pop", m.LookupAndDelete(nil, &got))
			fmt.Println(t, got)
		case ebpf.PerCPUArray:
			var values []uint64 // one for each possible CPU
			check("lookup", m.Lookup(uint32(3), &values))
			values[0] = 5
			check("put", m.Put(uint32(3), values))
			values[0] = 0
			check("lookup", m.Lookup(uint32(3), &values))
			fmt.Println(t, values[0])
		default:
			check("put", m.Put(uint32(3), uint64(9)))
			check("lookup", m.Lookup(uint32(3), &got))
			fmt.Println(t, got, m.Delete(uint32(3)), m.Delete(uint32(3)), m.Lookup(uint32(7), &got))
		}
		info, err := m.Info()
		check("info", err)
		fmt.Println(info.Type, info.KeySize, info.ValueSize, info.MaxEntries)
		copied, err := m.Clone()
		check("clone", err)
		m.Close()
		copied.Close()
	}
}

func run(prog *ebpf.Program, length int) {
	ret, _, err := prog.Test(make([]byte, length))
	check("run", err)
	fmt.Println("run:", ret)
}

func lengths(m *ebpf.Map) {
	var key uint32
	var value uint64
	lines := []string{}
	it := m.Iterate()
	for it.Next(&key, &value) {
		lines = append(lines, fmt.Sprintf("length %d: %d", key, value))
	}
	check("walk", it.Err())
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
}

func main() {
	maps()
	coll, err := ebpf.LoadCollection(os.Args[1])
	check("load", err)
	defer coll.Close()
	rings, err := ringbuf.NewReader(coll.Maps["ring"])
	check("ring buffer", err)
	perfs, err := perf.NewReader(coll.Maps["perf"], 8192)
	check("perf buffer", err)
	prog := coll.Programs["watch"]

	// A reader that waits before there is anything.
	first := make(chan []byte)
	go func() {
		record, err := rings.Read()
		check("ring", err)
		first <- record.RawSample
	}()
	time.Sleep(50 * time.Millisecond)
	run(prog, 64)
	show("ring", <-first)
	sample, err := perfs.Read()
	check("perf", err)
	show("perf", sample.RawSample)
	for _, length := range []int{128, 200, 64} {
		run(prog, length)
		record, err := rings.Read()
		check("ring", err)
		show("ring", record.RawSample)
		sample, err := perfs.Read()
		check("perf", err)
		show("perf", sample.RawSample)
	}
	lengths(coll.Maps["lengths"])
	check("close", rings.Close())
	check("close", perfs.Close())
	_, err = rings.Read()
	fmt.Println(err)
}
