#pragma once
#include <stdint.h>

// y = x keep where bits >= threshold, else 0.
void os_dropout(int type, const void *x, const uint32_t *bits, uint32_t threshold, float keep, void *y, int64_t n);
