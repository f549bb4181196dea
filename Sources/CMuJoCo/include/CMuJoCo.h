// MuJoCo's physics, with its errors caught instead of ending the process.
#pragma once
#include <mujoco/mujoco.h>
