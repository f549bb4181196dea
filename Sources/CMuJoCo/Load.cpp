#include "Load.h"

#include <stdio.h>

mjModel *os_mujoco_load_caught(const char *name, const mjVFS *files, char *message, int size) {
  try {
    return mj_loadXML(name, files, message, size);
  } catch (...) {
    snprintf(message, size, "the model asks for more than there is");
    return NULL;
  }
}
