// What the board layer needs of Linux and of the board libraries (libi2c, libgpiod) and Swift cannot call by itself.
#pragma once
#include "CLinux.h"
<<<<<<< HEAD
#include "Lines.h"
#include "Waiting.h"
#include "Supervision.h"
#include "Init.h"
<<<<<<< HEAD
=======
#include "I2C.h"
>>>>>>> drivers
=======
#include "Rescue.h"
>>>>>>> lines
