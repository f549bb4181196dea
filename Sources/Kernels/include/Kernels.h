// Own SIMD kernels. Every pointer is to contiguous memory; sizes are element counts unless a name says bytes.
// Loops are split into chunks of fixed size, so results do not depend on the number of threads.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "parallel.h"
#include "elementwise.h"
#include "binary.h"
#include "reduce.h"
#include "layout.h"
#include "pool.h"
#include "shuffle.h"
#include "resample.h"
#include "philox.h"
#include "convolve.h"
#include "winograd.h"
#include "optimize.h"
#include "normalize.h"
#include "softmax.h"
#include "attention.h"
#include "dense.h"
#include "dropout.h"
#include "complexes.h"
