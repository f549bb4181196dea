// Acts once where all numbers of the observation are 0.5: ActInC POLICY
#include <onestep_policy.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
  if (count != 2) { fputs("usage: ActInC POLICY\n", stderr); return 64; }
  char error[300];
  onestep_policy *policy = onestep_policy_load(arguments[1], 1, 1, error, sizeof error);
  if (!policy) { fprintf(stderr, "%s\n", error); return 65; }
  size_t seen = onestep_policy_observation_size(policy), made = onestep_policy_action_size(policy);
  float *observation = malloc(seen * sizeof(float)), *action = malloc(made * sizeof(float));
  for (size_t i = 0; i < seen; i++) observation[i] = 0.5f;
  int result = onestep_policy_act(policy, observation, seen, action, made);
  for (size_t i = 0; i < made && result == ONESTEP_POLICY_DONE; i++) printf("%s%.9g", i ? " " : "", action[i]);
  puts("");
  // A wrong size is refused, and nothing is written.
  if (onestep_policy_act(policy, observation, seen - 1, action, made) != ONESTEP_POLICY_SIZE) result = 70;
  free(observation);
  free(action);
  onestep_policy_free(policy);
  return result;
}
