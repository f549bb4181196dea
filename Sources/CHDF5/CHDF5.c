#include "CHDF5.h"

hid_t os_h5_float(void) { return H5T_NATIVE_FLOAT; }
hid_t os_h5_double(void) { return H5T_NATIVE_DOUBLE; }
hid_t os_h5_int64(void) { return H5T_NATIVE_INT64; }
hid_t os_h5_uint8(void) { return H5T_NATIVE_UINT8; }
void os_h5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }
