/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SYN cookies: an initial sequence number that holds the minute and one of four segment sizes,
 * sealed by hashes over the connection, so that the answer to it proves itself without a table. The
 * layout is the kernel's (8 bits of minutes, 24 bits of sealed index); the hash has no secret key
 * (differences.md).
 */
#include <arpa/inet.h>
#include <string.h>

#include "helper/arg.h"
#include "map/jhash.h"

#define INDEX_BITS 24
#define INDEX_MASK ((1u << INDEX_BITS) - 1)
#define MINUTES_VALID 2
#define NS_A_MINUTE 60000000000ull
#define TCP_HEADER 20
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
#define OPTION_MSS_LEN 4

/* Segment sizes that a cookie can stand for, and what is assumed when the peer names none. */
struct sizes {
	u16 table[4];
	u16 assumed;
};
static const struct sizes sizes4 = { { 536, 1300, 1440, 1460 }, 536 };
static const struct sizes sizes6 = { { 1280 - 60, 1480 - 60, 1500 - 60, 9000 - 60 }, 1280 - 60 };

/* What a cookie is made for; all but the sequence number as on the wire. */
struct peers {
	u8 addrs[32]; /* source and destination */
	u32 addr_bytes; /* of both */
	u32 ports;
	u32 seq;
};

static struct peers peers_of(const u8 *ip, u32 addrs_at, u32 addr_bytes, const u8 *tcp)
{
	struct peers p = { .addr_bytes = addr_bytes };

	memcpy(p.addrs, ip + addrs_at, addr_bytes);
	memcpy(&p.ports, tcp, 4);
	memcpy(&p.seq, tcp + 4, 4);
	p.seq = ntohl(p.seq);
	return p;
}

static u32 seal(const struct peers *p, u32 minute, u32 which)
{
	return jhash(p->addrs, p->addr_bytes,
		     p->ports ^ minute * 0x9e3779b1u ^ which * 0x85ebca6bu);
}

static u32 minute_now(const struct run *run)
{
	return run->svc->clock_ns(run->svc->opaque, CLOCK_MONOTONIC) / NS_A_MINUTE;
}

static u32 cookie_make(const struct run *run, const struct peers *p, u32 index)
{
	u32 minute = minute_now(run);

	return seal(p, 0, 0) + p->seq + (minute << INDEX_BITS) +
	       ((seal(p, minute, 1) + index) & INDEX_MASK);
}

/* The index inside; at or above 4 when the cookie is forged or too old. */
static u32 cookie_open(const struct run *run, const struct peers *p, u32 cookie)
{
	u32 minute = minute_now(run), age;

	cookie -= seal(p, 0, 0) + p->seq;
	age = (minute - (cookie >> INDEX_BITS)) & (UINT32_MAX >> INDEX_BITS);
	if (age >= MINUTES_VALID)
		return UINT32_MAX;
	return (cookie - seal(p, minute - age, 1)) & INDEX_MASK;
}

/* The segment size that a TCP header of len bytes names, or 0. */
static u16 mss_option(const u8 *tcp, u32 len)
{
	u16 mss = 0;

	for (u32 at = TCP_HEADER; at < len && tcp[at] != OPTION_END;) {
		u32 size;

		if (tcp[at] == OPTION_NOP) {
			at++;
			continue;
		}
		size = at + 1 < len ? tcp[at + 1] : 0;
		if (size < 2 || size > len - at)
			break;
		if (tcp[at] == OPTION_MSS && size == OPTION_MSS_LEN && (tcp[at + 2] | tcp[at + 3]))
			mss = tcp[at + 2] << 8 | tcp[at + 3];
		at += size;
	}
	return mss;
}

static u64 generate(const struct run *run, const struct sizes *sizes, const u8 *ip, u32 addrs_at,
		    u32 addr_bytes, const u8 *tcp, u32 tcp_len)
{
	struct peers p;
	u32 index = 3;
	u16 mss;

	if (tcp_len < TCP_HEADER || tcp_len != (tcp[12] >> 4) * 4u)
		return result(-EINVAL);
	mss = mss_option(tcp, tcp_len);
	mss = mss ? mss : sizes->assumed;
	while (index && mss < sizes->table[index])
		index--;
	p = peers_of(ip, addrs_at, addr_bytes, tcp);
	return cookie_make(run, &p, index) | (u64)sizes->table[index] << 32;
}

/* The ACK that ends a handshake brings the cookie back, plus one. */
static u64 check(const struct run *run, const u8 *ip, u32 addrs_at, u32 addr_bytes, const u8 *tcp)
{
	struct peers p = peers_of(ip, addrs_at, addr_bytes, tcp);
	u32 ack;

	memcpy(&ack, tcp + 8, 4);
	p.seq--;
	return cookie_open(run, &p, ntohl(ack) - 1) < 4 ? 0 : result(-EACCES);
}

DEFINE_HELPER(tcp_raw_gen_syncookie_ipv4)
{
	return generate(run, &sizes4, arg_ptr(r1), 12, 8, arg_ptr(r2), (u32)r3);
}

DEFINE_HELPER(tcp_raw_gen_syncookie_ipv6)
{
	return generate(run, &sizes6, arg_ptr(r1), 8, 32, arg_ptr(r2), (u32)r3);
}

DEFINE_HELPER(tcp_raw_check_syncookie_ipv4)
{
	return check(run, arg_ptr(r1), 12, 8, arg_ptr(r2));
}

DEFINE_HELPER(tcp_raw_check_syncookie_ipv6)
{
	return check(run, arg_ptr(r1), 8, 32, arg_ptr(r2));
}

/* The forms with a socket want one that listens, and there is none. */
DEFINE_HELPER(syncookie_no_listener)
{
	return result(-EINVAL);
}
