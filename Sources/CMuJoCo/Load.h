#pragma once
#include <mujoco/mujoco.h>

#ifdef __cplusplus
extern "C"
#endif
    // mj_loadXML without the exceptions of C++ that it lets pass, such as that for a lack of memory.
    mjModel *os_mujoco_load_caught(const char *name, const mjVFS *files, char *message, int size);
