// A dense layer of a few rows, for decisions that must not wait for other threads.
#include "dense.h"

#include "elementwise.h"
#include "vector.h"

// `ROWS` rows of `VECTORS` vectors of the result stay in registers while W is read once from top to bottom.
#define BLOCK(ROWS, VECTORS)                                                                                          \
  OS_CLONES static void block_##ROWS##_##VECTORS(const float *x, int64_t k, const float *w, int64_t n, float *y) {    \
    Vector sum[ROWS][VECTORS];                                                                                        \
    for (int r = 0; r < ROWS; r++)                                                                                    \
      for (int v = 0; v < VECTORS; v++) sum[r][v] = *(const Vector *)(y + r * n + v * OS_LANES);                      \
    for (int64_t i = 0; i < k; i++, w += n) {                                                                         \
      Vector row[VECTORS];                                                                                            \
      for (int v = 0; v < VECTORS; v++) row[v] = *(const Vector *)(w + v * OS_LANES);                                 \
      for (int r = 0; r < ROWS; r++) {                                                                                \
        float a = x[r * k + i];                                                                                       \
        for (int v = 0; v < VECTORS; v++) sum[r][v] += a * row[v];                                                    \
      }                                                                                                               \
    }                                                                                                                 \
    for (int r = 0; r < ROWS; r++)                                                                                    \
      for (int v = 0; v < VECTORS; v++) *(Vector *)(y + r * n + v * OS_LANES) = sum[r][v];                            \
  }
BLOCK(1, 8)
BLOCK(1, 1)
BLOCK(6, 4)
BLOCK(6, 1)

// Columns beyond the last whole vector.
OS_CLONES static void last_columns(const float *x, int64_t k, const float *w, int64_t n, float *y, int64_t columns) {
  for (int64_t i = 0; i < k; i++)
    for (int64_t j = 0; j < columns; j++) y[j] += x[i] * w[i * n + j];
}

static void one_row(const float *x, int64_t k, const float *w, int64_t n, float *y) {
  int64_t j = 0;
  for (; j + 8 * OS_LANES <= n; j += 8 * OS_LANES) block_1_8(x, k, w + j, n, y + j);
  for (; j + OS_LANES <= n; j += OS_LANES) block_1_1(x, k, w + j, n, y + j);
  if (j < n) last_columns(x, k, w + j, n, y + j, n - j);
}

static void six_rows(const float *x, int64_t k, const float *w, int64_t n, float *y) {
  int64_t j = 0;
  for (; j + 4 * OS_LANES <= n; j += 4 * OS_LANES) block_6_4(x, k, w + j, n, y + j);
  for (; j + OS_LANES <= n; j += OS_LANES) block_6_1(x, k, w + j, n, y + j);
  for (int r = 0; r < 6 && j < n; r++) last_columns(x + r * k, k, w + j, n, y + r * n + j, n - j);
}

void os_dense_rows(int op, const float *x, int64_t rows, int64_t k, const float *weight, const float *bias, float *y,
                   int64_t n) {
  for (int64_t r = 0; r < rows; r++) memcpy(y + r * n, bias, (size_t)n * sizeof(float));
  int64_t r = 0;
  for (; r + 6 <= rows; r += 6) six_rows(x + r * k, k, weight, n, y + r * n);
  for (; r < rows; r++) one_row(x + r * k, k, weight, n, y + r * n);
  if (op != OS_IDENTITY) os_unary_inline(op, y, rows * n);
}
