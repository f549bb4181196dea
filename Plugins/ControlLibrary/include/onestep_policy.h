// Policies of OneStep for programs in C: load a file once, then ask for actions, each in microseconds.
//
//   char error[200];
//   onestep_policy *policy = onestep_policy_load("policy.safetensors", 50, 1, error, sizeof error);
//   if (!policy) { fputs(error, stderr); return 1; }
//   onestep_policy_act(policy, observation, onestep_policy_observation_size(policy), action, onestep_policy_action_size(policy));
//   onestep_policy_free(policy);
#ifndef ONESTEP_POLICY_H
#define ONESTEP_POLICY_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct onestep_policy onestep_policy;

// A policy's file, or null with one line of why in `error` (cut to `capacity` bytes, the end included). Of `candidates` actions
// (1 or more) the critics choose one; `seed` begins the noise. One policy is used by one thread at a time.
onestep_policy *onestep_policy_load(const char *path, int32_t candidates, uint64_t seed, char *error, size_t capacity);

// Numbers of an observation, and of an action.
size_t onestep_policy_observation_size(const onestep_policy *policy);
size_t onestep_policy_action_size(const onestep_policy *policy);

enum {
  ONESTEP_POLICY_DONE = 0,
  // An observation or an action of another size.
  ONESTEP_POLICY_SIZE = 1,
  // A number of the observation that is not finite.
  ONESTEP_POLICY_NOT_FINITE = 2,
};

// Writes the action, each number in -1...1; on another result than 0 nothing is written.
int32_t onestep_policy_act(onestep_policy *policy, const float *observation, size_t observation_size, float *action,
                           size_t action_size);

void onestep_policy_free(onestep_policy *policy);

#ifdef __cplusplus
}
#endif
#endif
