#include "completion.h"

#include "diagnostics.h"

#include <algorithm>
#include <cctype>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/CodeCompleteConsumer.h>
#include <clang/Sema/Sema.h>
#include <clang/Sema/SemaCodeCompletion.h>
#include <llvm/Support/MemoryBuffer.h>
#include <set>

namespace completion {
namespace {

constexpr std::size_t most_matches = 500;

struct Match {
    unsigned priority;
    std::string name;
    std::string signature;
    std::string comment;

    bool operator<(const Match &other) const {
        return std::tie(priority, name, signature) < std::tie(other.priority, other.name, other.signature);
    }
};

clang::CodeCompleteOptions options() {
    clang::CodeCompleteOptions wanted;
    wanted.IncludeMacros = true;
    wanted.IncludeGlobals = true;
    wanted.IncludeBriefComments = true;
    return wanted;
}

bool is_reserved(llvm::StringRef name) {
    return name.starts_with("__") || (name.size() > 1 && name[0] == '_' && std::isupper(name[1]));
}

// As one would write it: `int max(const int &a, const int &b)`.
std::string as_signature(const clang::CodeCompletionString &string) {
    std::string text;
    for (const auto &chunk : string) {
        if (chunk.Kind == clang::CodeCompletionString::CK_Optional) {
            text += as_signature(*chunk.Optional);
        } else if (chunk.Text) {
            text += chunk.Text;
            text += chunk.Kind == clang::CodeCompletionString::CK_ResultType ? " " : "";
        }
    }
    return text;
}

class Collector : public clang::CodeCompleteConsumer {
  public:
    Collector(std::string prefix, bool exactly)
        : CodeCompleteConsumer(options()), allocator_(std::make_shared<clang::GlobalCodeCompletionAllocator>()),
          unit_(allocator_), prefix_(std::move(prefix)), exactly_(exactly) {}

    void ProcessCodeCompleteResults(clang::Sema &sema, clang::CodeCompletionContext context,
                                    clang::CodeCompletionResult *results, unsigned count) override {
        for (unsigned i = 0; i < count; ++i) {
            const auto *string =
                results[i].CreateCodeCompletionString(sema, context, *allocator_, unit_, includeBriefComments());
            const llvm::StringRef name = string->getTypedText();
            if (results[i].Availability == CXAvailability_NotAccessible || !fits(name)) {
                continue;
            }
            const char *comment = string->getBriefComment();
            matches_.insert({results[i].Priority, name.str(), as_signature(*string), comment ? comment : ""});
        }
    }

    clang::CodeCompletionAllocator &getAllocator() override { return *allocator_; }
    clang::CodeCompletionTUInfo &getCodeCompletionTUInfo() override { return unit_; }

    const std::set<Match> &matches() const { return matches_; }

  private:
    bool fits(llvm::StringRef name) const {
        if (exactly_) {
            return name == prefix_;
        }
        return !name.empty() && name.starts_with(prefix_) && (!prefix_.empty() || !is_reserved(name));
    }

    std::shared_ptr<clang::GlobalCodeCompletionAllocator> allocator_;
    clang::CodeCompletionTUInfo unit_;
    std::string prefix_;
    bool exactly_;
    std::set<Match> matches_;
};

bool is_identifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::size_t start_of_word(const std::string &code, std::size_t offset) {
    while (offset > 0 && is_identifier(code[offset - 1])) {
        --offset;
    }
    return offset;
}

// The compiler completes at a place in a *file*; the cell is given to it as one that exists in its memory only.
std::set<Match> collect(clang::Interpreter &interpreter, const std::string &code, std::size_t word_start,
                        Collector &collector) {
    auto &compiler = *interpreter.getCompilerInstance();
    Silence silence(compiler);
    const auto line_start = word_start == 0 ? std::string::npos : code.rfind('\n', word_start - 1);
    const auto line = 1 + std::count(code.begin(), code.begin() + static_cast<long>(word_start), '\n');
    const auto column = line_start == std::string::npos ? word_start + 1 : word_start - line_start;
    const auto path = "/cpp_kernel/completion";
    const auto file = compiler.getFileManager().getVirtualFileRef(path, static_cast<off_t>(code.size()), 0);
    compiler.getSourceManager().overrideFileContents(file, llvm::MemoryBuffer::getMemBufferCopy(code, path));
    compiler.getPreprocessor().SetCodeCompletionPoint(file, static_cast<unsigned>(line), static_cast<unsigned>(column));
    compiler.getSema().CodeCompletion().CodeCompleter = &collector;
    llvm::consumeError(interpreter.Parse(std::string("#include \"") + path + "\"\n").takeError());
    return collector.matches();
}

} // namespace

llvm::json::Value complete(clang::Interpreter &interpreter, const std::string &code, std::size_t offset) {
    const auto start = start_of_word(code, offset);
    Collector collector(code.substr(start, offset - start), /*exactly=*/false);
    llvm::json::Array names;
    std::set<std::string> seen;
    for (const auto &match : collect(interpreter, code, start, collector)) {
        if (names.size() < most_matches && seen.insert(match.name).second) {
            names.push_back(llvm::json::fixUTF8(match.name));
        }
    }
    return llvm::json::Object{{"start", static_cast<std::int64_t>(start)}, {"matches", std::move(names)}};
}

llvm::json::Value inspect(clang::Interpreter &interpreter, const std::string &code, std::size_t offset) {
    const auto start = start_of_word(code, offset);
    auto end = offset;
    while (end < code.size() && is_identifier(code[end])) {
        ++end;
    }
    Collector collector(code.substr(start, end - start), /*exactly=*/true);
    llvm::json::Array found;
    if (start < end) {
        for (const auto &match : collect(interpreter, code, start, collector)) {
            found.push_back(llvm::json::Object{{"signature", llvm::json::fixUTF8(match.signature)},
                                               {"comment", llvm::json::fixUTF8(match.comment)}});
        }
    }
    return llvm::json::Object{{"found", std::move(found)}};
}

} // namespace completion
