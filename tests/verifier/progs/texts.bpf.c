// SPDX-License-Identifier: BSD-2-Clause
/* Kernel functions on texts that are anywhere in memory. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

typedef __SIZE_TYPE__ size_t;
typedef __u32 u32;
typedef __u64 u64;

extern int bpf_strcmp(const char *a, const char *b) __ksym;
extern int bpf_strcasecmp(const char *a, const char *b) __ksym;
extern int bpf_strchr(const char *s, char c) __ksym;
extern int bpf_strchrnul(const char *s, char c) __ksym;
extern int bpf_strnchr(const char *s, size_t count, char c) __ksym;
extern int bpf_strrchr(const char *s, char c) __ksym;
extern int bpf_strlen(const char *s) __ksym;
extern int bpf_strnlen(const char *s, size_t count) __ksym;
extern int bpf_strspn(const char *s, const char *accept) __ksym;
extern int bpf_strcspn(const char *s, const char *reject) __ksym;
extern int bpf_strstr(const char *s, const char *sought) __ksym;
extern int bpf_strnstr(const char *s, const char *sought, size_t len) __ksym;

#define NOWHERE ((const char *)0xffffffffffff0000ull)

const char hello[] = "hello", help[] = "help", none[] = "", upper[] = "HeLLo", latin[] = "\xc4\xd6",
	   small[] = "\xe4\xf6";
const char phrase[] = "one two one two three", two[] = "two", three[] = "three",
	   letters[] = "einotw ";
char endless[70000] = { [0 ... 65535] = 'a' };

SEC("syscall")
RETURNS(0)
int texts_are_compared(void *ctx)
{
	if (bpf_strcmp(hello, hello) || bpf_strcmp(hello, help) != -1 ||
	    bpf_strcmp(help, hello) != 1)
		return 1;
	if (bpf_strcmp(none, hello) != -1 || bpf_strcmp(none, none) ||
	    bpf_strcmp(hello, latin) != -1)
		return 2;
	if (bpf_strcasecmp(hello, upper) || bpf_strcmp(hello, upper) != 1 ||
	    bpf_strcasecmp(upper, help) != -1)
		return 3;
	return bpf_strcasecmp(latin, small) || !bpf_strcmp(latin, small) ? 4 : 0;
}

SEC("syscall")
RETURNS(0)
int characters_are_found(void *ctx)
{
	if (bpf_strchr(hello, 'l') != 2 || bpf_strchr(hello, 'x') != -2 ||
	    bpf_strchr(hello, 0) != 5)
		return 1;
	if (bpf_strchrnul(hello, 'l') != 2 || bpf_strchrnul(hello, 'x') != 5 ||
	    bpf_strchrnul(none, 'x'))
		return 2;
	if (bpf_strrchr(hello, 'l') != 3 || bpf_strrchr(hello, 'x') != -2 ||
	    bpf_strrchr(hello, 0) != 5)
		return 3;
	if (bpf_strnchr(hello, 2, 'l') != -2 || bpf_strnchr(hello, 3, 'l') != 2 ||
	    bpf_strnchr(hello, 0, 'h') != -2)
		return 4;
	return 0;
}

SEC("syscall")
RETURNS(0)
int lengths(void *ctx)
{
	if (bpf_strlen(hello) != 5 || bpf_strlen(none) || bpf_strnlen(hello, 3) != 3 ||
	    bpf_strnlen(hello, 9) != 5)
		return 1;
	if (bpf_strspn(phrase, letters) != 17 || bpf_strspn(hello, none) ||
	    bpf_strspn(none, letters))
		return 2;
	return bpf_strcspn(phrase, three) != 2 || bpf_strcspn(hello, none) != 5 ? 3 : 0;
}

SEC("syscall")
RETURNS(0)
int texts_in_texts(void *ctx)
{
	if (bpf_strstr(phrase, two) != 4 || bpf_strstr(phrase, three) != 16 ||
	    bpf_strstr(phrase, hello) != -2)
		return 1;
	if (bpf_strstr(phrase, none) || bpf_strstr(none, two) != -2 || bpf_strstr(none, none))
		return 2;
	if (bpf_strnstr(phrase, two, 7) != 4 || bpf_strnstr(phrase, two, 6) != -2 ||
	    bpf_strnstr(phrase, none, 0))
		return 3;
	return bpf_strnstr(phrase, three, 21) != 16 || bpf_strnstr(phrase, three, 20) != -2 ? 4 : 0;
}

SEC("syscall")
RETURNS(0)
int what_cannot_be_read(void *ctx)
{
	if (bpf_strcmp(0, hello) != -34 || bpf_strcmp(hello, 0) != -34 || bpf_strlen(0) != -34 ||
	    bpf_strchr(0, 'a') != -34)
		return 1;
	if (bpf_strcmp(NOWHERE, hello) != -14 || bpf_strlen(NOWHERE) != -14 ||
	    bpf_strrchr(NOWHERE, 'a') != -14)
		return 2;
	if (bpf_strspn(hello, NOWHERE) != -14 || bpf_strstr(NOWHERE, hello) != -14 ||
	    bpf_strstr(hello, 0) != -34)
		return 3;
	return 0;
}

SEC("syscall")
RETURNS(0)
int texts_that_are_too_long(void *ctx)
{
	if (bpf_strlen(endless) != -7 || bpf_strcmp(endless, endless) != -7 ||
	    bpf_strchr(endless, 'b') != -7)
		return 1;
	if (bpf_strrchr(endless, 'a') != -7 || bpf_strnlen(endless, 65535) != 65535 ||
	    bpf_strnlen(endless, 65536) != -7)
		return 2;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
