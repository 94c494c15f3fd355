/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over the files of directories given as arguments: the corpus, where everything that
 * a fuzzer ever found lives on as a test.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *dir, const char *name)
{
	static uint8_t data[1 << 20];
	char path[4096];
	FILE *in;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "rb");
	if (!in) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), in);
	fclose(in);
	/* In a block of its own size, so that a sanitizer sees a read behind it. */
	uint8_t *exact = malloc(size ? size : 1);
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	int count = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *entry;

		if (!dir) {
			perror(argv[i]);
			return 1;
		}
		while ((entry = readdir(dir)) != NULL) {
			if (entry->d_name[0] == '.')
				continue;
			failed |= replay(argv[i], entry->d_name);
			count++;
		}
		closedir(dir);
	}
	printf("%d inputs replayed\n", count);
	return failed || count == 0;
}
