#include "optimize.h"

#include "parallel.h"
#include "simd.h"

typedef struct {
  OSAdam adam;
  float rate, momentum, clip, penalty;
  const float *w, *g;
  float *m, *v, *out;
  int64_t n;
  int kind;
} Job;

OS_CLONES static void adam(const OSAdam *o, const float *restrict w, const float *restrict g, float *restrict m,
                           float *restrict v, float *restrict out, int64_t n) {
  OSAdam a = *o;
  for (int64_t i = 0; i < n; i++) {
    float d = a.clip * g[i] + a.penalty * w[i];
    m[i] = a.beta1 * m[i] + (1.0f - a.beta1) * d;
    v[i] = a.beta2 * v[i] + (1.0f - a.beta2) * d * d;
    float scale = a.adaptive ? 1.0f / (os_sqrt(v[i]) * a.correction + a.epsilon) : 1.0f;
    out[i] = a.decay * w[i] - a.rate * m[i] * scale;
  }
}
OS_CLONES static void sgd(const Job *o, const float *restrict w, const float *restrict g, float *restrict m,
                          float *restrict out, int64_t n) {
  float rate = o->rate, momentum = o->momentum, clip = o->clip, penalty = o->penalty;
  for (int64_t i = 0; i < n; i++) {
    m[i] = momentum * m[i] + clip * g[i] + penalty * w[i];
    out[i] = w[i] - rate * m[i];
  }
}
OS_CLONES static void lerp(const float *restrict a, const float *restrict b, float t, float *restrict out, int64_t n) {
  for (int64_t i = 0; i < n; i++) out[i] = a[i] + (b[i] - a[i]) * t;
}

static void chunk_body(void *pointer, int64_t chunk) {
  Job *job = pointer;
  int64_t s = chunk * OS_CHUNK, n = job->n - s < OS_CHUNK ? job->n - s : OS_CHUNK;
  if (job->kind == 0) adam(&job->adam, job->w + s, job->g + s, job->m + s, job->v + s, job->out + s, n);
  else if (job->kind == 1) sgd(job, job->w + s, job->g + s, job->m + s, job->out + s, n);
  else lerp(job->w + s, job->g + s, job->rate, job->out + s, n);
}
static void run(Job *job) { os_parallel((job->n + OS_CHUNK - 1) / OS_CHUNK, chunk_body, job); }

void os_adam(OSAdam options, const float *w, const float *g, float *m, float *v, float *out, int64_t n) {
  Job job = {.adam = options, .w = w, .g = g, .m = m, .v = v, .out = out, .n = n, .kind = 0};
  run(&job);
}
void os_sgd(float rate, float momentum, float clip, float penalty, const float *w, const float *g, float *m, float *out, int64_t n) {
  Job job = {.rate = rate, .momentum = momentum, .clip = clip, .penalty = penalty, .w = w, .g = g, .m = m, .out = out, .n = n, .kind = 1};
  run(&job);
}
void os_lerp(const float *a, const float *b, float t, float *out, int64_t n) {
  Job job = {.rate = t, .w = a, .g = b, .out = out, .n = n, .kind = 2};
  run(&job);
}
