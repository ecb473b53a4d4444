#include "completion.h"

#include "candidates.h"
#include "diagnostics.h"

#include <algorithm>
#include <cctype>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/Sema.h>
#include <clang/Sema/SemaCodeCompletion.h>
#include <llvm/Support/MemoryBuffer.h>
#include <optional>
#include <regex>
#include <set>

namespace completion {
namespace {

constexpr std::size_t most_matches = 500;

bool is_identifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::size_t start_of_word(const std::string &code, std::size_t offset) {
    while (offset > 0 && is_identifier(code[offset - 1])) {
        --offset;
    }
    return offset;
}

std::size_t end_of_word(const std::string &code, std::size_t offset) {
    while (offset < code.size() && is_identifier(code[offset])) {
        ++offset;
    }
    return offset;
}

// `#include <vec`: what begins at the last of its separators is a file's name.
std::optional<std::size_t> start_of_file_name(const std::string &code, std::size_t offset) {
    const auto newline = offset == 0 ? std::string::npos : code.rfind('\n', offset - 1);
    const auto line_start = newline == std::string::npos ? 0 : newline + 1;
    static const std::regex inclusion(R"(\s*#\s*include\s*[<"][^>"]*)");
    if (!std::regex_match(code.substr(line_start, offset - line_start), inclusion)) {
        return std::nullopt;
    }
    return code.find_last_of("<\"/", offset - 1) + 1;
}

// The word at the cursor; inside of an empty bracket, that of the function that is being called.
std::pair<std::size_t, std::size_t> word_at(const std::string &code, std::size_t offset) {
    auto start = start_of_word(code, offset);
    if (start == end_of_word(code, offset)) {
        int open = 1;
        for (start = offset; start > 0 && open > 0; --start) {
            const char c = code[start - 1];
            open += c == ')' ? 1 : c == '(' ? -1 : 0;
        }
        start = start_of_word(code, start);
    }
    return {start, end_of_word(code, start)};
}

// The compiler completes at a place in a *file*; the cell is given to it as one that exists in its
// memory only.
std::set<Match> collect(clang::Interpreter &interpreter, const std::string &code,
                        std::size_t word_start, Collector &collector) {
    auto &compiler = *interpreter.getCompilerInstance();
    Silence silence(compiler);
    const auto line_start = word_start == 0 ? std::string::npos : code.rfind('\n', word_start - 1);
    const auto line =
        1 + std::count(code.begin(), code.begin() + static_cast<long>(word_start), '\n');
    const auto column = line_start == std::string::npos ? word_start + 1 : word_start - line_start;
    const auto path = "/cpp_kernel/completion";
    const auto file =
        compiler.getFileManager().getVirtualFileRef(path, static_cast<off_t>(code.size()), 0);
    compiler.getSourceManager().overrideFileContents(
        file, llvm::MemoryBuffer::getMemBufferCopy(code, path));
    compiler.getPreprocessor().SetCodeCompletionPoint(file, static_cast<unsigned>(line),
                                                      static_cast<unsigned>(column));
    compiler.getSema().CodeCompletion().CodeCompleter = &collector;
    llvm::consumeError(interpreter.Parse(std::string("#include \"") + path + "\"\n").takeError());
    return collector.matches();
}

// A header's name comes with what closes it, which may be there already.
std::string without_closing(const std::string &code, std::size_t offset, std::string name) {
    const bool is_closed = offset < code.size() && (code[offset] == '>' || code[offset] == '"');
    if (is_closed && !name.empty() && name.back() == code[offset]) {
        name.pop_back();
    }
    return name;
}

} // namespace

llvm::json::Value complete(clang::Interpreter &interpreter, const std::string &code,
                           std::size_t offset) {
    const auto file_name = start_of_file_name(code, offset);
    const auto start = file_name.value_or(start_of_word(code, offset));
    Collector collector(code.substr(start, offset - start), /*exactly=*/false);
    llvm::json::Array matches;
    std::set<std::string> seen;
    for (const auto &match : collect(interpreter, code, start, collector)) {
        const auto name = file_name ? without_closing(code, offset, match.name) : match.name;
        if (matches.size() < most_matches && seen.insert(name).second) {
            matches.push_back(
                llvm::json::Object{{"text", llvm::json::fixUTF8(name)},
                                   {"type", file_name ? "file" : match.type},
                                   {"signature", llvm::json::fixUTF8(match.signature)}});
        }
    }
    return llvm::json::Object{{"start", static_cast<std::int64_t>(start)},
                              {"end", static_cast<std::int64_t>(offset)},
                              {"matches", std::move(matches)}};
}

llvm::json::Value inspect(clang::Interpreter &interpreter, const std::string &code,
                          std::size_t offset) {
    const auto [start, end] = word_at(code, offset);
    Collector collector(code.substr(start, end - start), /*exactly=*/true);
    llvm::json::Array entries;
    if (start < end) {
        for (const auto &match : collect(interpreter, code, start, collector)) {
            entries.push_back(
                llvm::json::Object{{"signature", llvm::json::fixUTF8(match.signature)},
                                   {"comment", llvm::json::fixUTF8(match.comment)}});
        }
    }
    return llvm::json::Object{{"name", llvm::json::fixUTF8(code.substr(start, end - start))},
                              {"entries", std::move(entries)}};
}

std::string explain(const llvm::json::Object &found) {
    std::string text;
    const auto *entries = found.getArray("entries");
    for (const auto &entry : entries ? *entries : llvm::json::Array()) {
        const auto comment = entry.getAsObject()->getString("comment").value_or("").trim().str();
        text += (text.empty() ? "" : "\n") +
                entry.getAsObject()->getString("signature").value_or("").str();
        if (!comment.empty()) {
            text += "\n    ";
            for (const char c : comment) {
                text += c == '\n' ? std::string("\n    ") : std::string(1, c);
            }
        }
    }
    return text;
}

} // namespace completion
