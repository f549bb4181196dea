#pragma once
#include <stdint.h>

enum { OS_ADD, OS_SUB, OS_MUL, OS_DIV, OS_MAX, OS_MIN, OS_LESS, OS_LESS_EQUAL, OS_EQUAL, OS_POW, OS_BINARY_COUNT };
enum { OS_MAX_RANK = 6 };

// out = a op b over a box of `rank` axes (sizes, outermost first). A stride of 0 broadcasts that axis. `out` is contiguous.
void os_binary(int op, int type, int rank, const int64_t *sizes, const void *a, const int64_t *stride_a, const void *b,
               const int64_t *stride_b, void *out);
// out = condition != 0 ? a : b, all of the same size; condition has the same element type.
void os_select(int type, const void *condition, const void *a, const void *b, void *out, int64_t n);
