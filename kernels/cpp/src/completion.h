// Completion and inspection by the compiler's own code completion. Spoils the compiler: only in a
// copy of the process.
#pragma once

#include <clang/Interpreter/Interpreter.h>
#include <llvm/Support/JSON.h>
#include <string>

namespace completion {

// Shape: `{"start": …, "end": …, "matches": [{"text", "type", "signature"}]}`, the likeliest first.
// Units: bytes.
llvm::json::Value complete(clang::Interpreter &interpreter, const std::string &code,
                           std::size_t offset);

// Shape: `{"entries": [{"signature", "comment"}], "name"}`, an entry for each overload.
llvm::json::Value inspect(clang::Interpreter &interpreter, const std::string &code,
                          std::size_t offset);

// What `inspect` has found, as text; empty where that is nothing.
std::string explain(const llvm::json::Object &found);

} // namespace completion
