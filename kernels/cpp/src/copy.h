// Work in a copy of this process, for its answer only.
#pragma once

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/JSON.h>
#include <optional>

namespace copy {

// Nothing where the copy was interrupted. Throws std::runtime_error where it died.
std::optional<llvm::json::Value> run(llvm::function_ref<llvm::json::Value()> work);

// In a copy: tell whether the work did not crash. Leaves the process unsound where it did, but what
// was written to memory before that can be read.
bool survives(llvm::function_ref<void()> work);

} // namespace copy
