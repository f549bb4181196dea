#pragma once
#include <stdint.h>

// Element types, shared with the oneDNN shim and Swift's ElementType raw values.
enum { OS_F32 = 0, OS_BF16 = 1 };

// Runs body(context, chunk) for every chunk in 0..<chunks on the OpenMP pool that oneDNN uses.
void os_parallel(int64_t chunks, void (*body)(void *context, int64_t chunk), void *context);
// Thread count of loops started from the calling thread.
void os_set_threads(int count);
int os_threads(void);
// Number of processors this process may run on.
int os_available_processors(void);
