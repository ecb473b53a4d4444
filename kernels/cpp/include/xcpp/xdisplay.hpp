// As in the xeus kernels. `xcpp::display` and `xcpp::clear_output` themselves are always there.
#pragma once

#include "cpp_kernel.h"
#include "xcpp/xmime.hpp"
