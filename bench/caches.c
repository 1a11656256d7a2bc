#include "caches.h"

#include <stdlib.h>
#include <string.h>

struct caches *caches_new(const char *text, unsigned prefetch) {
    struct caches *caches = calloc(1, sizeof *caches);
    if (caches == NULL) return NULL;
    caches->prefetch = prefetch;
    caches->last = UINT64_MAX;
    while (*text != '\0' && caches->count < most_levels) {
        char *rest;
        unsigned long bytes = strtoul(text, &rest, 10);
        unsigned long ways = *rest == ':' ? strtoul(rest + 1, &rest, 10) : 0;
        unsigned long sets = ways == 0 ? 0 : bytes / ways >> line_shift;
        // A set is found by the low bits of a line's number.
        if (sets == 0 || (sets & (sets - 1)) != 0 || ways > 64 || (*rest != '\0' && *rest != '+')) return NULL;
        struct level *level = &caches->levels[caches->count++];
        level->sets = (unsigned)sets;
        level->ways = (unsigned)ways;
        level->lines = calloc(sets * ways, sizeof *level->lines);
        if (level->lines == NULL) return NULL;
        if (*rest == '\0') return caches;
        text = rest + 1;
    }
    return NULL;
}

// Whether the level had the line; it has afterwards.
static bool hit(struct level *level, uint64_t line) {
    uint64_t *set = level->lines + (line & (level->sets - 1)) * level->ways;
    uint64_t key = line + 1;
    unsigned way = 0;
    while (way + 1 < level->ways && set[way] != key) way++;
    bool found = set[way] == key;
    memmove(set + 1, set, way * sizeof *set);
    set[0] = key;
    return found;
}

// Whether a miss of the first level continues a run that is long enough for a prefetcher.
static bool streamed(struct caches *caches, uint64_t line) {
    if (caches->prefetch == 0) return false;
    for (unsigned i = 0; i < streams; i++)
        if (caches->runs[i].next == line && caches->runs[i].length > 0) {
            caches->runs[i].next = line + 1;
            return ++caches->runs[i].length > caches->prefetch;
        }
    caches->runs[caches->oldest].next = line + 1;
    caches->runs[caches->oldest].length = 1;
    caches->oldest = (caches->oldest + 1) % streams;
    return false;
}

static void touch(struct caches *caches, uint64_t line) {
    if (hit(&caches->levels[0], line)) return;
    bool in_stream = streamed(caches, line);
    for (unsigned i = 0; i < caches->count; i++) {
        if (i > 0 && hit(&caches->levels[i], line)) return;
        if (in_stream) caches->levels[i].in_stream++; else caches->levels[i].alone++;
    }
}

void caches_access(struct caches *caches, uint64_t address, unsigned bytes) {
    uint64_t first = address >> line_shift, last = (address + (bytes ? bytes - 1 : 0)) >> line_shift;
    caches->accesses++;
    // Most accesses go where the one before went, to the line that is the last used of its set already.
    if (first == caches->last && last == first) return;
    for (uint64_t line = first; line <= last; line++) touch(caches, line);
    caches->last = last;
}

void caches_counts(const struct caches *caches, uint64_t counts[1 + 2 * most_levels]) {
    counts[0] = caches->accesses;
    for (unsigned i = 0; i < most_levels; i++) {
        counts[1 + 2 * i] = caches->levels[i].in_stream;
        counts[2 + 2 * i] = caches->levels[i].alone;
    }
}
