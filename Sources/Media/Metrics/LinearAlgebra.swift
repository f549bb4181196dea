import COpenBLAS

/// Keeps OpenBLAS from waking threads of its own: its work here is small, and the package has one
/// pool.
func oneBLASThread() { _ = once }

private let once: Void = openblas_set_num_threads(1)
