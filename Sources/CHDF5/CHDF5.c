#include "CHDF5.h"

#include <stdio.h>

hid_t os_h5_float(void) { return H5T_NATIVE_FLOAT; }
hid_t os_h5_double(void) { return H5T_NATIVE_DOUBLE; }
hid_t os_h5_int64(void) { return H5T_NATIVE_INT64; }
hid_t os_h5_uint8(void) { return H5T_NATIVE_UINT8; }

hid_t os_h5_make_bool(void) {
  hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  if (type < 0) return type;
  signed char no = 0, yes = 1;
  if (H5Tenum_insert(type, "FALSE", &no) < 0 || H5Tenum_insert(type, "TRUE", &yes) < 0) {
    H5Tclose(type);
    return H5I_INVALID_HID;
  }
  return type;
}

hid_t os_h5_make_text(size_t length, int is_utf8) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type < 0) return type;
  if (H5Tset_size(type, length ? length : H5T_VARIABLE) < 0 || (length && H5Tset_strpad(type, H5T_STR_NULLPAD) < 0) ||
      H5Tset_cset(type, is_utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII) < 0) {
    H5Tclose(type);
    return H5I_INVALID_HID;
  }
  return type;
}

static _Thread_local char last_error[256];

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *context) {
  (void)context;
  if (n == 0 && error->desc) snprintf(last_error, sizeof last_error, "%s", error->desc);
  return 0;
}

// Runs where the library would print: later calls, even those that close what is open, empty its own record.
static herr_t keep_error(hid_t stack, void *context) {
  return H5Ewalk2(stack, H5E_WALK_UPWARD, keep_innermost, context);
}

void os_h5_begin(void) {
  last_error[0] = 0;
  H5Eset_auto2(H5E_DEFAULT, keep_error, NULL);
}

const char *os_h5_last_error(void) { return last_error; }

hid_t os_h5_open(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access, 1, 1);  // file systems without locks can be read too
#endif
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  return file;
}

hid_t os_h5_create(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 10, 7)
  // A lock would outlive the file in programs that are started meanwhile, and nobody else knows the new name.
  H5Pset_file_locking(access, 0, 1);
#endif
  hid_t file = H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, access);
  H5Pclose(access);
  return file;
}

os_h5_kind os_h5_kind_of(hid_t place, const char *name) {
  hid_t object = H5Oopen(place, name, H5P_DEFAULT);
  if (object < 0) return os_h5_nothing;
  H5I_type_t type = H5Iget_type(object);
  H5Oclose(object);
  return type == H5I_GROUP ? os_h5_group : type == H5I_DATASET ? os_h5_array : os_h5_other;
}

typedef struct { void (*body)(const char *, void *); void *context; } Visitor;

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)group, (void)info;
  Visitor *visitor = context;
  visitor->body(name, visitor->context);
  return 0;
}

herr_t os_h5_each_name(hid_t group, void (*body)(const char *, void *), void *context) {
  Visitor visitor = {body, context};
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit, &visitor);
}

hid_t os_h5_open_group(hid_t place, const char *name) { return H5Gopen2(place, name, H5P_DEFAULT); }
hid_t os_h5_open_array(hid_t place, const char *name) { return H5Dopen2(place, name, H5P_DEFAULT); }

static hid_t making_groups(void) {
  hid_t link = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(link, 1);
  return link;
}

hid_t os_h5_create_group(hid_t place, const char *name) {
  hid_t link = making_groups();
  hid_t group = H5Gcreate2(place, name, link, H5P_DEFAULT, H5P_DEFAULT);
  H5Pclose(link);
  return group;
}

hid_t os_h5_create_array(
    hid_t place, const char *name, hid_t type, hid_t space, const hsize_t *chunk, int rank, unsigned level) {
  hid_t link = making_groups(), creation = H5Pcreate(H5P_DATASET_CREATE), array = H5I_INVALID_HID;
  if (!chunk || (H5Pset_chunk(creation, rank, chunk) >= 0 && H5Pset_deflate(creation, level) >= 0))
    array = H5Dcreate2(place, name, type, space, link, creation, H5P_DEFAULT);
  H5Pclose(creation);
  H5Pclose(link);
  return array;
}

hid_t os_h5_scalar_space(void) { return H5Screate(H5S_SCALAR); }

hid_t os_h5_growing_space(int rank, const hsize_t *shape) {
  hsize_t most[H5S_MAX_RANK];
  if (rank < 1 || rank > H5S_MAX_RANK) return H5I_INVALID_HID;
  for (int axis = 0; axis < rank; axis++) most[axis] = axis ? shape[axis] : H5S_UNLIMITED;
  return H5Screate_simple(rank, shape, most);
}

int os_h5_is_elsewhere(hid_t array) {
  hid_t creation = H5Dget_create_plist(array);
  if (creation < 0) return 1;
  int elsewhere = H5Pget_layout(creation) == H5D_VIRTUAL || H5Pget_external_count(creation) > 0;
  H5Pclose(creation);
  return elsewhere;
}

void os_h5_free(void *text) { H5free_memory(text); }
