#include "candidates.h"

#include <cctype>
#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/AST/RawCommentList.h>
#include <clang/Sema/Sema.h>
#include <tuple>
#include <utility>

namespace completion {
namespace {

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

} // namespace

Collector::Collector(std::string prefix, bool exactly)
    : CodeCompleteConsumer(options(exactly)),
      allocator_(std::make_shared<clang::GlobalCodeCompletionAllocator>()), unit_(allocator_),
      prefix_(std::move(prefix)), exactly_(exactly) {}

void Collector::ProcessCodeCompleteResults(clang::Sema &sema, clang::CodeCompletionContext context,
                                           clang::CodeCompletionResult *results, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        const auto *string = results[i].CreateCodeCompletionString(sema, context, *allocator_,
                                                                   unit_, includeBriefComments());
        const llvm::StringRef name = string->getTypedText();
        if (results[i].Availability == CXAvailability_NotAccessible || !fits(name)) {
            continue;
        }
        matches_.insert({results[i].Priority, name.str(),
                         with_keyword(results[i], as_signature(*string)),
                         comment_of(results[i], sema.getASTContext()), type_of(results[i])});
    }
}

bool Collector::fits(llvm::StringRef name) const {
    if (exactly_) {
        return name == prefix_;
    }
    return !name.empty() && name.starts_with(prefix_) && (!prefix_.empty() || !is_reserved(name));
}

} // namespace completion
