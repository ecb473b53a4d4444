// The interpreter process: answers the kernel's requests one after the other.
#pragma once

#include <string>
#include <vector>

namespace kernel {

// Serve until the requests end. Returns an exit code. Shape: the compiler's arguments.
int serve(const std::vector<std::string> &arguments);

} // namespace kernel
