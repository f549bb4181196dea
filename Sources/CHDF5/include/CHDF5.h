// What reading and writing HDF5 needs from C: its types are macros over variables that are set when the library starts.
#pragma once
#include <hdf5/serial/hdf5.h>

hid_t os_h5_float(void);
hid_t os_h5_double(void);
hid_t os_h5_int64(void);
hid_t os_h5_uint8(void);
// Turns off the library's own printing of errors.
void os_h5_silence(void);
