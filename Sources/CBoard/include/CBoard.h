// What the board layer needs of Linux and of the board libraries (libi2c, libgpiod) and Swift cannot call by itself.
#pragma once
#include "CLinux.h"
#include "Camera.h"
#include "I2C.h"
#include "Lines.h"
#include "Sound.h"
#include "Waiting.h"
#include "Supervision.h"
#include "Init.h"
#include "Rescue.h"
