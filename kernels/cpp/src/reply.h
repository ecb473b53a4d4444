// Replies to a cell that failed.
#pragma once

#include <llvm/Support/JSON.h>
#include <string>

namespace reply {

llvm::json::Object error(const std::string &name, const std::string &value);

// Of a cell that killed the process. Shape: `reason` is "ename\nevalue", either part may be all there is.
llvm::json::Object death(const std::string &reason, const std::string &consequence);

// As the kernel gets it.
std::string as_text(llvm::json::Object object);

} // namespace reply
