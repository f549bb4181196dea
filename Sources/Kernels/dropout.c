#include "dropout.h"

#include "vector.h"

typedef struct {
  int type;
  const void *x;
  const uint32_t *bits;
  uint32_t threshold;
  float keep;
  void *y;
  int64_t n;
} Job;

OS_CLONES static void mask(int type, const void *restrict x, const uint32_t *restrict bits, uint32_t threshold,
                           float keep, void *restrict y, int64_t first, int64_t last) {
  if (type == OS_F32)
    for (int64_t i = first; i < last; i++)
      ((float *)y)[i] = bits[i] >= threshold ? ((const float *)x)[i] * keep : 0.0f;
  else
    for (int64_t i = first; i < last; i++)
      ((uint16_t *)y)[i] = bits[i] >= threshold ? os_to_bf16(os_from_bf16(((const uint16_t *)x)[i]) * keep) : 0;
}
static void chunk_body(void *pointer, int64_t chunk) {
  const Job *job = pointer;
  int64_t first = chunk * OS_CHUNK;
  mask(job->type, job->x, job->bits, job->threshold, job->keep, job->y, first, os_min(first + OS_CHUNK, job->n));
}
void os_dropout(int type, const void *x, const uint32_t *bits, uint32_t threshold, float keep, void *y, int64_t n) {
  Job job = {type, x, bits, threshold, keep, y, n};
  os_parallel((n + OS_CHUNK - 1) / OS_CHUNK, chunk_body, &job);
}
