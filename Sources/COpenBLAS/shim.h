#include <cblas.h>
#include <stddef.h>

// LAPACK, as Fortran passes it: everything by reference, matrices by columns, the lengths of strings last.
void dsyev_(const char *job, const char *triangle, const int *n, double *a, const int *lda, double *values, double *work,
            const int *lwork, int *info);
void dsyevd_(const char *job, const char *triangle, const int *n, double *a, const int *lda, double *values, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t);
void dgesdd_(const char *job, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu,
             double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info, size_t);
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info, size_t);
void dgesv_(const int *n, const int *columns, double *a, const int *lda, int *pivots, double *b, const int *ldb, int *info);
