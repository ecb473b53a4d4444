// The parent of the interpreter: starts it, puts its last checkpoint in its place when it dies,
// ends everything. Never loads the compiler, so nothing a cell does can break it.
#pragma once

#include <functional>

namespace supervisor {

// Run `interpret` in a child until the kernel closes its end of the requests. Returns the exit code
// of the program.
int run(const std::function<int()> &interpret);

} // namespace supervisor
