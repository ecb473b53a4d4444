// The value of a cell's last expression, as it is handed over by the code in cpp_kernel.h.
#pragma once

#include <cstddef>
#include <llvm/Support/JSON.h>

namespace display {

// Called by the cell. Shape: a MIME type, the value in it.
void add(const char *type, std::size_t type_size, const char *text, std::size_t text_size);

// Return what the cell has handed over, and forget it. Shape: an object, from MIME type to text.
llvm::json::Object take();

} // namespace display
