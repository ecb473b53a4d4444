#include "reply.h"

#include <llvm/Support/raw_ostream.h>

namespace reply {

llvm::json::Object error(const std::string &name, const std::string &value) {
    return llvm::json::Object{
        {"status", "error"}, {"ename", llvm::json::fixUTF8(name)}, {"evalue", llvm::json::fixUTF8(value)}};
}

llvm::json::Object death(const std::string &reason, const std::string &consequence) {
    const auto split = reason.find('\n');
    auto value = split == std::string::npos ? "" : reason.substr(split + 1);
    value += (value.empty() ? "" : "; ") + consequence;
    return error(reason.substr(0, split), value);
}

std::string as_text(llvm::json::Object object) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::json::Value(std::move(object));
    return text;
}

} // namespace reply
