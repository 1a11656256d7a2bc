#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"

int linux_poll(struct pollfd *entries, unsigned count, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(entries, count, &limit, NULL);
}

void linux_error_text(int code, char *text, size_t size) {
#ifdef __GLIBC__
    const char *found = strerror_r(code, text, size);
    if (found != text) {
        strncpy(text, found, size - 1);
        text[size - 1] = 0;
    }
#else
    strerror_r(code, text, size);
#endif
}

int linux_may_run_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor < 0 || processor >= CPU_SETSIZE || sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    return CPU_ISSET(processor, &set) ? 1 : 0;
}

int linux_run_on(const int32_t *processors, int count) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < count; i++)
        if (processors[i] >= 0 && processors[i] < CPU_SETSIZE) CPU_SET(processors[i], &set);
    return sched_setaffinity(0, sizeof set, &set);
}

int linux_start_thread(uintptr_t *handle, void *(*body)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_t thread;
    int code = pthread_attr_init(&attributes);
    if (code != 0) return code;
    code = pthread_attr_setstacksize(&attributes, 1 << 20);
    if (code == 0) code = pthread_create(&thread, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    if (code == 0) *handle = (uintptr_t)thread;
    return code;
}

int linux_join_thread(uintptr_t handle) { return pthread_join((pthread_t)handle, NULL); }

int linux_use_fifo(int priority) {
    struct sched_param parameters = { .sched_priority = priority };
    // The system call: musl's wrapper refuses without asking the kernel. Thread 0 is the calling one.
    return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameters) == 0 ? 0 : errno;
}

int linux_lock_memory(void) {
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif
    // On fault: a thread's whole stack would be resident at once otherwise. Not for future mappings: locked pages of a
    // model can't be given back under a budget.
    return mlockall(MCL_CURRENT | MCL_ONFAULT) == 0 ? 0 : errno;
}

#ifdef __GLIBC__
size_t linux_heap_bytes(void) { return mallinfo2().uordblks; }
#endif

static volatile sig_atomic_t stopRequests;

static void countStop(int signal) {
    (void)signal;
    stopRequests = stopRequests + 1;
}

void linux_admit_stop_signals(void) {
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &stops, NULL);
}

int linux_install_signals(void) {
    struct sigaction ignore = {0}, stop = {0};
    ignore.sa_handler = SIG_IGN;
    // No SA_RESTART: a blocked read returns, so that the program sees the request.
    stop.sa_handler = countStop;
    linux_admit_stop_signals();
    return sigaction(SIGPIPE, &ignore, NULL) | sigaction(SIGINT, &stop, NULL) | sigaction(SIGTERM, &stop, NULL);
}

void linux_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

int linux_stop_requests(void) { return stopRequests; }

#define WATCHED 64

// A slot is free while its length is 0; the handler reads it without a lock, so start is written before length.
static struct {
    uintptr_t start;
    size_t length;
    uint32_t taken, broken;
} watched[WATCHED];
static uint32_t handlerInstalled;

static void onMissingPage(int signal, siginfo_t *info, void *context) {
    (void)context;
    uintptr_t address = (uintptr_t)info->si_addr;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < WATCHED; i++) {
        size_t length = __atomic_load_n(&watched[i].length, __ATOMIC_ACQUIRE);
        uintptr_t start = __atomic_load_n(&watched[i].start, __ATOMIC_ACQUIRE);
        if (length == 0 || address < start || address - start >= length) continue;
        void *zeros = mmap((void *)(address & ~(page - 1)), page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (zeros == MAP_FAILED) break;
        __atomic_store_n(&watched[i].broken, 1, __ATOMIC_RELEASE);
        return;
    }
    // Not ours: the default action kills the process when the instruction is tried again.
    struct sigaction standard = {0};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, NULL);
}

int linux_watch_mapping(void *address, size_t length) {
    if (__atomic_exchange_n(&handlerInstalled, 1, __ATOMIC_ACQ_REL) == 0) {
        struct sigaction action = {0};
        action.sa_sigaction = onMissingPage;
        action.sa_flags = SA_SIGINFO;
        if (sigaction(SIGBUS, &action, NULL) != 0) return -1;
    }
    for (int i = 0; i < WATCHED; i++) {
        if (__atomic_exchange_n(&watched[i].taken, 1, __ATOMIC_ACQ_REL) != 0) continue;
        __atomic_store_n(&watched[i].broken, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&watched[i].start, (uintptr_t)address, __ATOMIC_RELEASE);
        __atomic_store_n(&watched[i].length, length, __ATOMIC_RELEASE);
        return i;
    }
    return -1;
}

int linux_mapping_broken(int slot) {
    return slot >= 0 && slot < WATCHED && __atomic_load_n(&watched[slot].broken, __ATOMIC_ACQUIRE);
}

void linux_forget_mapping(int slot) {
    if (slot < 0 || slot >= WATCHED) return;
    __atomic_store_n(&watched[slot].length, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&watched[slot].taken, 0, __ATOMIC_RELEASE);
}
