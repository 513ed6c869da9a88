// Preloaded by `scripts/sanitize thread`. Swift's own libraries are not instrumented: where they alone order two threads,
// ThreadSanitizer sees no order and calls a race what is none. These stand in front of them and tell it.
// - A contended Mutex takes its lock in libswiftSynchronization. Its fast paths are inlined and need nothing.
// - A continuation that is resumed before it is awaited goes on at once, by a look at a flag in libswift_Concurrency.
// All else in the runtime (tasks, actors) tells ThreadSanitizer itself.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

// Not there in processes that are not instrumented.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

typedef SWIFT void (*lock_function)(uint32_t thread, SELF handle);
typedef SWIFT void (*unlock_function)(SELF handle);
typedef SWIFT void (*resume_function)(void *task);
typedef SWIFT void (*throw_function)(void *task, void *error);
typedef SWIFT void (*dealloc_function)(void *memory);
typedef SWIFT void *(*current_function)(void);

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) abort();
    return found;
}

SWIFT void lock_slow(uint32_t thread, SELF handle) __asm__(LOCK_SLOW);
SWIFT void lock_slow(uint32_t thread, SELF handle) {
    ((lock_function)next(LOCK_SLOW))(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlock_slow(SELF handle) __asm__(UNLOCK_SLOW);
SWIFT void unlock_slow(SELF handle) {
    if (__tsan_release) __tsan_release(handle);
    ((unlock_function)next(UNLOCK_SLOW))(handle);
}

SWIFT void swift_continuation_resume(void *task) {
    if (__tsan_release) __tsan_release(task);
    ((resume_function)next("swift_continuation_resume"))(task);
}

SWIFT void swift_continuation_throwingResume(void *task) {
    if (__tsan_release) __tsan_release(task);
    ((resume_function)next("swift_continuation_throwingResume"))(task);
}

SWIFT void swift_continuation_throwingResumeWithError(void *task, void *error) {
    if (__tsan_release) __tsan_release(task);
    ((throw_function)next("swift_continuation_throwingResumeWithError"))(task, error);
}

SWIFT void swift_task_dealloc(void *memory) {
    void *task = ((current_function)next("swift_task_getCurrent"))();
    if (__tsan_acquire && task) __tsan_acquire(task);
    ((dealloc_function)next("swift_task_dealloc"))(memory);
}
