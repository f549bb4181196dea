// MuJoCo's physics, with its errors caught. The library itself ends the process on an error and writes MUJOCO_LOG.TXT
// on a warning; called through these functions it does neither.
#pragma once
#include <mujoco/mujoco.h>

// Room for a message, in bytes with the final 0.
#define OS_MUJOCO_MESSAGE 1000

// Where a function can fail it returns NULL or a number other than 0, with the reason in `message`.

// A model from the file `path`.
mjModel *os_mujoco_load_file(const char *path, char *message);
// A model from `size` bytes of XML.
mjModel *os_mujoco_load_xml(const void *xml, int size, char *message);
mjData *os_mujoco_make_data(const mjModel *model, char *message);
// An own copy of `source`.
mjData *os_mujoco_copy_data(const mjModel *model, const mjData *source, char *message);
// Derived quantities of the state as it is, without a step.
int os_mujoco_forward(const mjModel *model, mjData *data, char *message);
// `count` steps.
int os_mujoco_step(const mjModel *model, mjData *data, int count, char *message);
// How often since the last reset the state was not finite or beyond 1e10. MuJoCo then begins anew at its initial state.
int os_mujoco_divergences(const mjData *data);
// Name of a body, or an empty text.
const char *os_mujoco_body_name(const mjModel *model, int body);
// First and last point of a geom's axis in the world, from and to[3], and its radius. 0 where it is no sphere or
// capsule.
int os_mujoco_segment(const mjModel *model, const mjData *data, int geom, double *from, double *to, double *radius);
