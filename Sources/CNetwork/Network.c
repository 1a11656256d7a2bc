#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CNetwork.h"
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

_Static_assert(sizeof(struct sockaddr_in6) <= 28, "an address fits");

int network_resolve(const char *host, const char *port, struct network_address *found, int capacity) {
    struct addrinfo wanted = {0}, *first = NULL;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICSERV;
    int code = getaddrinfo(host, port, &wanted, &first);
    // Numbers are negative in glibc and musl.
    if (code != 0) return code < 0 ? code : -code;
    int count = 0;
    for (struct addrinfo *each = first; each != NULL && count < capacity; each = each->ai_next) {
        if ((each->ai_family != AF_INET && each->ai_family != AF_INET6) || each->ai_addrlen > sizeof found->bytes) continue;
        memset(&found[count], 0, sizeof found[count]);
        memcpy(found[count].bytes, each->ai_addr, each->ai_addrlen);
        found[count++].length = (uint32_t)each->ai_addrlen;
    }
    freeaddrinfo(first);
    return count > 0 ? count : EAI_NONAME;
}

const char *network_resolve_error(int code) { return gai_strerror(code); }

int network_connect(const struct network_address *address) {
    const struct sockaddr *peer = (const struct sockaddr *)address->bytes;
    int descriptor = socket(peer->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    // Events are small and wanted now.
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor, peer, address->length) == 0 || errno == EINPROGRESS || errno == EINTR) return descriptor;
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int network_connect_error(int descriptor) {
    int code = 0;
    socklen_t size = sizeof code;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

ssize_t network_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t network_receive(int descriptor, void *bytes, size_t count) { return recv(descriptor, bytes, count, MSG_DONTWAIT); }
