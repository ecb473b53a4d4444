// Replies to a request that failed.
#pragma once

#include <cstdint>
#include <llvm/Support/JSON.h>
#include <string>
#include <vector>

namespace reply {

// Shape: `places` are lines to stand below the error, may be none.
llvm::json::Object error(const std::string &name, const std::string &value,
                         const std::vector<std::string> &places = {});

// Of a cell that killed the process. Shape: `reason` is "ename\nevalue", either part may be all
// there is.
llvm::json::Object death(const std::string &reason, const std::string &consequence);

// Answer a request. Nothing comes after it.
void send(std::int64_t request, llvm::json::Object content);

} // namespace reply
