// How long a statement takes: %timeit.
#pragma once

#include <string_view>
#include <utility>

namespace timing {

// What the code in cpp_kernel.h calls. Shape: name, address.
std::pair<std::string_view, void *> function();

} // namespace timing
