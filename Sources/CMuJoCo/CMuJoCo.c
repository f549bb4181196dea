#include "CMuJoCo.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "Load.h"

// Where the thread goes when MuJoCo reports an error, and the message for whoever waits there.
static _Thread_local jmp_buf *volatile landing;
static _Thread_local char *reason;
// The handlers of a program that uses MuJoCo beside this package keep its own errors.
static void (*others_error)(const char *);
static void (*others_warning)(const char *);

static void copy_message(char *target, const char *text) { snprintf(target, OS_MUJOCO_MESSAGE, "%s", text); }

static void caught_error(const char *text) {
  if (landing) {
    copy_message(reason, text);
    longjmp(*landing, 1);
  }
  // Somebody else's call: what they asked for, or what MuJoCo itself does.
  if (others_error) {
    others_error(text);
  } else {
    fprintf(stderr, "ERROR: %s\n\n", text);
    exit(EXIT_FAILURE);
  }
}

static void caught_warning(const char *text) {
  if (!landing && others_warning) others_warning(text);
}

static void install(void) {
  others_error = mju_user_error;
  others_warning = mju_user_warning;
  mju_user_error = caught_error;
  mju_user_warning = caught_warning;
}

static void enter(jmp_buf *target, char *message) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  message[0] = 0;
  landing = target;
  reason = message;
}

static void leave(void) {
  landing = NULL;
  reason = NULL;
}

static mjModel *finished(mjModel *model, char *message) {
  if (!model && !message[0]) copy_message(message, "the model cannot be read");
  return model;
}

mjModel *os_mujoco_load_file(const char *path, char *message) {
  jmp_buf target;
  mjModel *model = NULL;
  enter(&target, message);
  if (!setjmp(target)) model = os_mujoco_load_caught(path, NULL, message, OS_MUJOCO_MESSAGE);
  leave();
  return finished(model, message);
}

mjModel *os_mujoco_load_xml(const void *xml, int size, char *message) {
  static const char name[] = "model.xml";
  mjVFS *files = malloc(sizeof *files);  // two megabytes: too much for a stack
  if (!files) {
    copy_message(message, "out of memory");
    return NULL;
  }
  jmp_buf target;
  mjModel *volatile model = NULL;
  mj_defaultVFS(files);
  enter(&target, message);
  if (!setjmp(target)) {
    if (mj_makeEmptyFileVFS(files, name, size) == 0) {
      memcpy(files->filedata[0], xml, size);
      model = os_mujoco_load_caught(name, files, message, OS_MUJOCO_MESSAGE);
    }
  }
  leave();
  mj_deleteVFS(files);
  free(files);
  return finished(model, message);
}

mjData *os_mujoco_make_data(const mjModel *model, char *message) {
  jmp_buf target;
  mjData *volatile data = NULL;
  enter(&target, message);
  if (!setjmp(target)) data = mj_makeData(model);
  leave();
  if (!data && !message[0]) copy_message(message, "out of memory");
  return data;
}

mjData *os_mujoco_copy_data(const mjModel *model, const mjData *source, char *message) {
  jmp_buf target;
  mjData *volatile data = NULL;
  enter(&target, message);
  if (!setjmp(target)) data = mj_copyData(NULL, model, source);
  leave();
  if (!data && !message[0]) copy_message(message, "out of memory");
  return data;
}

int os_mujoco_forward(const mjModel *model, mjData *data, char *message) {
  jmp_buf target;
  volatile int failed = 1;
  enter(&target, message);
  if (!setjmp(target)) {
    mj_forward(model, data);
    failed = 0;
  }
  leave();
  return failed;
}

int os_mujoco_step(const mjModel *model, mjData *data, int count, char *message) {
  jmp_buf target;
  volatile int failed = 1;
  enter(&target, message);
  if (!setjmp(target)) {
    for (int i = 0; i < count; i++) mj_step(model, data);
    failed = 0;
  }
  leave();
  return failed;
}

int os_mujoco_divergences(const mjData *data) {
  return data->warning[mjWARN_BADQPOS].number + data->warning[mjWARN_BADQVEL].number +
         data->warning[mjWARN_BADQACC].number;
}

const char *os_mujoco_body_name(const mjModel *model, int body) {
  const char *name = mj_id2name(model, mjOBJ_BODY, body);
  return name ? name : "";
}

int os_mujoco_segment(const mjModel *model, const mjData *data, int geom, double *from, double *to, double *radius) {
  int type = model->geom_type[geom];
  if (type != mjGEOM_SPHERE && type != mjGEOM_CAPSULE) return 0;
  *radius = model->geom_size[3 * geom];
  double half = type == mjGEOM_CAPSULE ? model->geom_size[3 * geom + 1] : 0;
  for (int i = 0; i < 3; i++) {
    double axis = data->geom_xmat[9 * geom + 3 * i + 2];
    from[i] = data->geom_xpos[3 * geom + i] - half * axis;
    to[i] = data->geom_xpos[3 * geom + i] + half * axis;
  }
  return 1;
}
