// As in xtl, which the xeus kernels bring.
#pragma once

#include "xeus/xbase64.hpp"

namespace xtl {

using xeus::base64decode;
using xeus::base64encode;

} // namespace xtl
