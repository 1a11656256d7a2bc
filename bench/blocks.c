// A QEMU plugin that says which blocks of instructions a program executes, how often, and what its accesses to memory miss in
// the caches of a chip. Debian ships no header for the interface, so what is used of it is declared here.
//
// arguments: out=FILE caches=BYTES:WAYS+… [prefetch=LINES] [windows=1]
//
// Without windows the whole run is one window. With them the program opens and closes each by a system call that does nothing:
// getpriority(PRIO_PROCESS, opening or closing). Opening an open window starts its counts anew and leaves the caches as they are,
// warm. FILE gets, for each window, a line
//     window ACCESSES and, for each of three levels, MISSES-IN-STREAM MISSES-ALONE
// and a line for each of its blocks: EXECUTIONS INSTRUCTIONS BYTES-IN-HEXADECIMAL. Bytes come from the guest's memory: so code of
// shared libraries is seen wherever it was mapped. Counts are exact for one thread; several threads may lose some.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caches.h"

#ifndef QEMU_PLUGIN_VERSION
#define QEMU_PLUGIN_VERSION 1
#endif
#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int flags, void *context);
void qemu_plugin_register_vcpu_mem_cb(
    struct qemu_plugin_insn *, void (*)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *), int flags, int kinds, void *context);
void qemu_plugin_register_vcpu_syscall_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                               uint64_t, uint64_t));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *context);

EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

enum { loads_and_stores = 3, getpriority_on_aarch64 = 141, buckets = 1 << 16 };
enum { opening = 0x5afe01, closing = 0x5afe02 };

// Blocks with the same instructions are one, wherever they stand.
struct block { struct block *next; uint64_t executions; uint32_t count; uint32_t code[]; };

static struct block *blocks[buckets];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct caches *caches;
static uint64_t before[1 + 2 * most_levels];
static FILE *result;
static int counting = 1;

static void executed(unsigned processor, void *block) {
    (void)processor;
    if (counting) ((struct block *)block)->executions++;
}

static void accessed(unsigned processor, qemu_plugin_meminfo_t info, uint64_t address, void *context) {
    (void)processor, (void)context;
    if (counting) caches_access(caches, address, 1u << qemu_plugin_mem_size_shift(info));
}

static struct block *same(const uint32_t *code, uint32_t count) {
    uint64_t hash = 1469598103934665603u;
    for (uint32_t i = 0; i < count; i++) hash = (hash ^ code[i]) * 1099511628211u;
    struct block **bucket = &blocks[(hash ^ hash >> 32) % buckets];
    for (struct block *block = *bucket; block != NULL; block = block->next)
        if (block->count == count && memcmp(block->code, code, count * sizeof *code) == 0) return block;
    struct block *block = calloc(1, sizeof *block + count * sizeof *code);
    if (block == NULL) abort();
    block->count = count;
    memcpy(block->code, code, count * sizeof *code);
    block->next = *bucket;
    return *bucket = block;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    uint32_t *code = malloc(count * sizeof *code);
    if (code == NULL) abort();
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        memcpy(&code[i], qemu_plugin_insn_data(instruction), sizeof *code);
        qemu_plugin_register_vcpu_mem_cb(instruction, accessed, 0, loads_and_stores, NULL);
    }
    pthread_mutex_lock(&lock);
    struct block *block = same(code, (uint32_t)count);
    pthread_mutex_unlock(&lock);
    free(code);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, block);
}

static void write_window(void) {
    uint64_t counts[1 + 2 * most_levels];
    caches_counts(caches, counts);
    fprintf(result, "window");
    for (int i = 0; i < 1 + 2 * most_levels; i++) {
        fprintf(result, " %llu", (unsigned long long)(counts[i] - before[i]));
        before[i] = counts[i];
    }
    fprintf(result, "\n");
    for (int i = 0; i < buckets; i++)
        for (struct block *block = blocks[i]; block != NULL; block = block->next) {
            if (block->executions == 0) continue;
            fprintf(result, "%llu %u ", (unsigned long long)block->executions, block->count);
            // Little-endian, as the guest has it.
            for (uint32_t k = 0; k < block->count; k++) fprintf(result, "%08x", __builtin_bswap32(block->code[k]));
            fprintf(result, "\n");
            block->executions = 0;
        }
}

static void begin_anew(void) {
    caches_counts(caches, before);
    for (int i = 0; i < buckets; i++)
        for (struct block *block = blocks[i]; block != NULL; block = block->next) block->executions = 0;
}

static void called(qemu_plugin_id_t id, unsigned processor, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                   uint64_t f, uint64_t g, uint64_t h) {
    (void)id, (void)processor, (void)a, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number != getpriority_on_aarch64) return;
    pthread_mutex_lock(&lock);
    if (b == opening) { if (counting) begin_anew(); counting = 1; }
    if (b == closing && counting) { counting = 0; write_window(); }
    pthread_mutex_unlock(&lock);
}

static void finished(qemu_plugin_id_t id, void *context) {
    (void)id, (void)context;
    if (counting) write_window();
    if (fclose(result) != 0) perror("blocks");
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **arguments) {
    (void)info;
    unsigned prefetch = 2;
    const char *shape = NULL;
    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "out=", 4) == 0) result = fopen(arguments[i] + 4, "w");
        if (strncmp(arguments[i], "caches=", 7) == 0) shape = arguments[i] + 7;
        if (strncmp(arguments[i], "prefetch=", 9) == 0) prefetch = (unsigned)strtoul(arguments[i] + 9, NULL, 10);
        if (strcmp(arguments[i], "windows=1") == 0) counting = 0;
    }
    caches = shape == NULL ? NULL : caches_new(shape, prefetch);
    if (result == NULL || caches == NULL) { fprintf(stderr, "blocks: give out=FILE and caches=BYTES:WAYS+…\n"); return 1; }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    if (!counting) qemu_plugin_register_vcpu_syscall_cb(id, called);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
