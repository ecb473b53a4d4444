// What cells show: called by the code in cpp_kernel.h. One bundle a thread is being collected at
// any time.
#pragma once

#include <cstddef>
#include <llvm/Support/JSON.h>
#include <string_view>
#include <utility>
#include <vector>

namespace display {

// Functions of the cells. Shape: name, address.
std::vector<std::pair<std::string_view, void *>> functions();

// Return what the cell has collected and not sent, and forget it. Shape: from MIME type to content.
llvm::json::Object take();

} // namespace display
