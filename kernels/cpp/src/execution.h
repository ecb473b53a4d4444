// A cell from its text to its end: what is for the kernel, what compiles, what is run.
#pragma once

#include "session.h"

#include <llvm/Support/JSON.h>
#include <string>

namespace execution {

// Shape: `name` is what the compiler calls the cell, `serial` is its own for as long as the session
// lasts. Returns the content of a "done" message.
llvm::json::Object run(Session &session, const std::string &code, const std::string &name,
                       unsigned serial);

} // namespace execution
