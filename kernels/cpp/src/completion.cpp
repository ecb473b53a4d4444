#include "completion.h"

#include "diagnostics.h"

#include <algorithm>
#include <cctype>
#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/AST/RawCommentList.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/CodeCompleteConsumer.h>
#include <clang/Sema/Sema.h>
#include <clang/Sema/SemaCodeCompletion.h>
#include <llvm/Support/MemoryBuffer.h>
#include <optional>
#include <regex>
#include <set>

namespace completion {
namespace {

constexpr std::size_t most_matches = 500;

struct Match {
    unsigned priority;
    std::string name;
    std::string signature;
    std::string comment;
    std::string type;

    bool operator<(const Match &other) const {
        return std::tie(priority, name, signature) <
               std::tie(other.priority, other.name, other.signature);
    }
};

clang::CodeCompleteOptions options(bool with_comments) {
    clang::CodeCompleteOptions wanted;
    wanted.IncludeMacros = true;
    wanted.IncludeGlobals = true;
    wanted.IncludeBriefComments = with_comments;
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

// As JupyterLab's completer names them.
std::string type_of(const clang::CodeCompletionResult &result) {
    if (result.Kind == clang::CodeCompletionResult::RK_Keyword) {
        return "keyword";
    }
    switch (result.CursorKind) {
    case CXCursor_CXXMethod:
    case CXCursor_FunctionDecl:
    case CXCursor_FunctionTemplate:
    case CXCursor_Constructor:
    case CXCursor_Destructor:
    case CXCursor_ConversionFunction:
        return "function";
    case CXCursor_StructDecl:
    case CXCursor_ClassDecl:
    case CXCursor_UnionDecl:
    case CXCursor_ClassTemplate:
    case CXCursor_ClassTemplatePartialSpecialization:
    case CXCursor_TypedefDecl:
    case CXCursor_TypeAliasDecl:
        return "class";
    case CXCursor_EnumDecl:
        return "enum";
    case CXCursor_EnumConstantDecl:
        return "constant";
    case CXCursor_FieldDecl:
        return "property";
    case CXCursor_Namespace:
    case CXCursor_NamespaceAlias:
        return "namespace";
    case CXCursor_VarDecl:
    case CXCursor_ParmDecl:
        return "variable";
    default:
        return result.Kind == clang::CodeCompletionResult::RK_Macro ? "macro" : "";
    }
}

// What stands above a declaration, without its slashes and asterisks.
std::string comment_of(const clang::CodeCompletionResult &result,
                       const clang::ASTContext &context) {
    if (result.Kind != clang::CodeCompletionResult::RK_Declaration) {
        return "";
    }
    const auto *comment = context.getRawCommentForAnyRedecl(result.getDeclaration());
    return comment ? comment->getFormattedText(context.getSourceManager(), context.getDiagnostics())
                   : "";
}

// A class template's completion has its parameters, a class's and an enumeration's only its name.
std::string with_keyword(const clang::CodeCompletionResult &result, std::string signature) {
    const char *keyword = nullptr;
    if (result.Kind == clang::CodeCompletionResult::RK_Declaration) {
        const auto *declaration = result.getDeclaration();
        if (const auto *pattern = llvm::dyn_cast<clang::ClassTemplateDecl>(declaration)) {
            declaration = pattern->getTemplatedDecl();
        }
        const auto *tag = llvm::dyn_cast<clang::TagDecl>(declaration);
        keyword = tag                                              ? tag->getKindName().data()
                  : llvm::isa<clang::NamespaceDecl>(declaration)   ? "namespace"
                  : llvm::isa<clang::TypedefNameDecl>(declaration) ? "using"
                                                                   : nullptr;
    }
    return keyword ? std::string(keyword) + " " + signature : signature;
}

class Collector : public clang::CodeCompleteConsumer {
  public:
    Collector(std::string prefix, bool exactly)
        : CodeCompleteConsumer(options(exactly)),
          allocator_(std::make_shared<clang::GlobalCodeCompletionAllocator>()), unit_(allocator_),
          prefix_(std::move(prefix)), exactly_(exactly) {}

    void ProcessCodeCompleteResults(clang::Sema &sema, clang::CodeCompletionContext context,
                                    clang::CodeCompletionResult *results, unsigned count) override {
        for (unsigned i = 0; i < count; ++i) {
            const auto *string = results[i].CreateCodeCompletionString(
                sema, context, *allocator_, unit_, includeBriefComments());
            const llvm::StringRef name = string->getTypedText();
            if (results[i].Availability == CXAvailability_NotAccessible || !fits(name)) {
                continue;
            }
            matches_.insert({results[i].Priority, name.str(),
                             with_keyword(results[i], as_signature(*string)),
                             comment_of(results[i], sema.getASTContext()), type_of(results[i])});
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
        return !name.empty() && name.starts_with(prefix_) &&
               (!prefix_.empty() || !is_reserved(name));
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

} // namespace completion
