#include <cblas.h>

// LAPACK's eigenvalues and eigenvectors of a symmetric matrix, in Fortran's calling convention.
extern void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                   double *w, double *work, const int *lwork, int *info);
