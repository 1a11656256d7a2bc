// Sockets of TCP clients: what Swift cannot call by itself.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A peer's address and port, IPv4 or IPv6, as the system's calls take it (struct sockaddr_in or sockaddr_in6).
struct network_address {
    uint32_t length;
    uint32_t bytes[7];
};

/// Looks up a host's name, or reads a numeric address; `port` is a number. How many were found, at most `capacity`; a negative
/// number for network_resolve_error where there is none. Blocks for as long as the name servers take.
int network_resolve(const char *host, const char *port, struct network_address *found, int capacity);
/// What such a number says.
const char *network_resolve_error(int code);

/// Begins to connect; a descriptor that doesn't block, or -1 and errno.
int network_connect(const struct network_address *address);
/// Once it is writable: 0 where the connection stands, or an error number.
int network_connect_error(int descriptor);

/// As send and recv, without SIGPIPE and without waiting: -1 and EAGAIN where nothing can go or has come.
ssize_t network_send(int descriptor, const void *bytes, size_t count);
ssize_t network_receive(int descriptor, void *bytes, size_t count);
