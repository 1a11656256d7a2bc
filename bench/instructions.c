// A QEMU plugin that counts the instructions a program executes. Debian ships no header for the interface, so
// what is used of it is declared here; it has not changed from version 1 (QEMU 7.2) on.
//
// arguments: out=FILE (the count is written there when the program ends)
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef QEMU_PLUGIN_VERSION
#define QEMU_PLUGIN_VERSION 1
#endif
#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
typedef void (*translation_callback)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*execution_callback)(unsigned processor, void *context);
typedef void (*exit_callback)(qemu_plugin_id_t, void *context);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translation_callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, execution_callback, int flags, void *context);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, exit_callback, void *context);

EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

// One counter a thread, a cache line each: no atomics in the hottest path.
enum { counters = 256 };
static struct { uint64_t instructions; uint64_t line[7]; } counts[counters];
static const char *result;

static void executed(unsigned processor, void *length) {
    counts[processor % counters].instructions += (uintptr_t)length;
}

// Blocks are straight-line code, so adding a block's length when it starts counts each of its instructions.
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void finished(qemu_plugin_id_t id, void *context) {
    (void)id, (void)context;
    uint64_t sum = 0;
    for (int i = 0; i < counters; i++) sum += counts[i].instructions;
    FILE *file = fopen(result, "w");
    if (file == NULL) { perror(result); return; }
    fprintf(file, "%llu\n", (unsigned long long)sum);
    fclose(file);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **arguments) {
    (void)info;
    for (int i = 0; i < count; i++)
        if (strncmp(arguments[i], "out=", 4) == 0) result = strdup(arguments[i] + 4);
    if (result == NULL) { fprintf(stderr, "instructions: give out=FILE\n"); return 1; }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
