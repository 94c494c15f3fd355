/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "door/socket.h"

socklen_t skep__socket_address(struct sockaddr_un *addr, const char *name)
{
	size_t len = strlen(name);

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!len || len >= sizeof(addr->sun_path))
		return 0;
	memcpy(addr->sun_path + 1, name, len);
	return offsetof(struct sockaddr_un, sun_path) + 1 + len;
}
