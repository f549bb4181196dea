// What reading and writing HDF5 needs from C: its types, property classes and many calls are macros, some over
// variables that are set when the library starts.
#pragma once
#include <hdf5/serial/hdf5.h>
#include <stddef.h>

hid_t os_h5_float(void);
hid_t os_h5_double(void);
hid_t os_h5_int64(void);
hid_t os_h5_uint8(void);
// The enumeration FALSE = 0, TRUE = 1 over 8 bits, as h5py stores truth values. The caller closes it.
hid_t os_h5_make_bool(void);
// Text in memory: `length` bytes padded with zeros, or of variable length where `length` is 0. The caller closes it.
hid_t os_h5_make_text(size_t length, int is_utf8);

// Turns off the library's own printing of errors, for the calling thread, and forgets its last one.
void os_h5_begin(void);
// The innermost message of the calling thread's last error since; empty where there is none.
const char *os_h5_last_error(void);

hid_t os_h5_open(const char *path);
// Fails where the file exists.
hid_t os_h5_create(const char *path);

typedef enum { os_h5_nothing, os_h5_group, os_h5_array, os_h5_other } os_h5_kind;
// What `name` leads to.
os_h5_kind os_h5_kind_of(hid_t place, const char *name);

// Calls `body` with the name of every entry of the group.
herr_t os_h5_each_name(hid_t group, void (*body)(const char *name, void *context), void *context);

hid_t os_h5_open_group(hid_t place, const char *name);
hid_t os_h5_open_array(hid_t place, const char *name);
// Groups that the name leads through are made.
hid_t os_h5_create_group(hid_t place, const char *name);
// `chunk` nil: stored in one piece. Otherwise the first axis can grow and chunks are deflated at `level`.
hid_t os_h5_create_array(
    hid_t place, const char *name, hid_t type, hid_t space, const hsize_t *chunk, int rank, unsigned level);
hid_t os_h5_scalar_space(void);
// Space that can grow along its first axis.
hid_t os_h5_growing_space(int rank, const hsize_t *shape);
// Whether elements lie in other files.
int os_h5_is_elsewhere(hid_t array);

// Releases one text that was read with variable length.
void os_h5_free(void *text);
