#include "reply.h"

#include "wire.h"

#include <regex>
#include <sstream>

namespace reply {
namespace {

std::string without_colours(const std::string &text) {
    static const std::regex colour("\x1b\\[[0-9;]*m");
    return std::regex_replace(text, colour, "");
}

// Of what a compiler says, the first error; else the first line.
std::string first_error(const std::string &text) {
    std::istringstream lines(text);
    std::string first;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("error:") != std::string::npos) {
            return line;
        }
        first = first.empty() ? line : first;
    }
    return first;
}

} // namespace

llvm::json::Object error(const std::string &name, const std::string &value,
                         const std::vector<std::string> &places) {
    const auto fixed = llvm::json::fixUTF8(value);
    // A compiler's message names its place itself.
    const bool is_compilers = name == "CompileError";
    llvm::json::Array traceback{
        is_compilers ? fixed : llvm::json::fixUTF8(name) + (fixed.empty() ? "" : ": ") + fixed};
    for (const auto &place : places) {
        traceback.push_back(llvm::json::fixUTF8(place));
    }
    return llvm::json::Object{
        {"error", llvm::json::Object{{"ename", llvm::json::fixUTF8(name)},
                                     {"evalue", first_error(without_colours(fixed))},
                                     {"traceback", std::move(traceback)}}}};
}

llvm::json::Object death(const std::string &reason, const std::string &consequence) {
    const auto split = reason.find('\n');
    auto value = split == std::string::npos ? "" : reason.substr(split + 1);
    value += (value.empty() ? "" : "; ") + consequence;
    return error(reason.substr(0, split), value);
}

void send(std::int64_t request, llvm::json::Object content) {
    content["type"] = "done";
    content["id"] = request;
    wire::send(content);
}

} // namespace reply
