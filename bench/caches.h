// A chip's data caches: what of a program's accesses each level can't answer.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { most_levels = 3, line_shift = 6, streams = 8 };

// A level holds `sets` × `ways` lines of 64 bytes, the least recently used of a set gives way.
struct level {
    unsigned sets, ways;
    uint64_t *lines;  // a set's lines behind each other, the last used first; a line's number + 1, 0 for none
    // Misses that continue a run of lines, which a prefetcher has fetched or is fetching, and all others.
    uint64_t in_stream, alone;
};

struct caches {
    unsigned count, prefetch;  // levels; lines in a row after which a run of lines is a stream, 0 for no prefetcher
    struct level levels[most_levels];
    uint64_t accesses, last;
    // Runs of lines that missed in the first level: the line that continues each, and how long it is.
    struct { uint64_t next; unsigned length; } runs[streams];
    unsigned oldest;
};

// `text` is BYTES:WAYS for each level, the first level first, with `+` between them ("32768:4+524288:16"). NULL where it can't be read.
struct caches *caches_new(const char *text, unsigned prefetch);
// One access of `bytes` bytes; a store allocates a line as a load does.
void caches_access(struct caches *, uint64_t address, unsigned bytes);
// Accesses, then for each of three levels misses in a stream and others.
void caches_counts(const struct caches *, uint64_t counts[1 + 2 * most_levels]);
