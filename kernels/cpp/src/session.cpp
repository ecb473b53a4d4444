#include "session.h"

#include "completion.h"
#include "copy.h"
#include "diagnostics.h"
#include "display.h"
#include "interrupt.h"
#include "paths.h"
#include "redefinition.h"
#include "timing.h"

#include <clang/Lex/HeaderSearch.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/Sema.h>
#include <dlfcn.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/TargetSelect.h>
#include <mutex>
#include <sstream>
#include <stdexcept>

extern "C" void *__emutls_get_address(void *); // of libgcc, which does not offer it to others

namespace {

template <typename Value> Value need(llvm::Expected<Value> value) {
    if (!value) {
        throw std::runtime_error(llvm::toString(value.takeError()));
    }
    return std::forward<Value>(*value);
}

void need(llvm::Error error) {
    if (error) {
        throw std::runtime_error(llvm::toString(std::move(error)));
    }
}

// Cells' thread_local variables are emulated by the compiler, those of libraries are not. These two
// of libstdc++ are what std::call_once and std::async consist of: their place is told here, in
// exchange for the address of a stand-in.
char call_stand_in, callable_stand_in;

void *thread_local_address(void *variable) {
    if (variable == &call_stand_in) {
        return &std::__once_call;
    }
    return variable == &callable_stand_in ? &std::__once_callable : __emutls_get_address(variable);
}

// libstdc++ would put back the buffers that this program has replaced. There is nothing to gain by
// it here.
bool sync_with_stdio(bool) { return true; }

// Where OpenMP's own library is installed, its pragmas mean something. Its header comes in the same
// package.
bool has_openmp() { return dlopen("libomp.so.5", RTLD_NOW | RTLD_GLOBAL) != nullptr; }

// Symbols as they are written in C++.
std::string readable(const std::string &text) {
    std::string result;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        result += (result.empty() ? "" : " ") + llvm::demangle(word);
    }
    return result;
}

} // namespace

Session::Session(const std::vector<std::string> &arguments) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    std::vector<const char *> plain;
    for (const auto &argument : arguments) {
        plain.push_back(argument.c_str());
    }
    if (has_openmp()) {
        plain.push_back("-fopenmp");
    }
    clang::IncrementalCompilerBuilder builder;
    builder.SetCompilerArgs(plain);
    auto compiler = need(builder.CreateCpp());
    compiler->getCodeGenOpts().PassBuilderCallbacks.push_back(interrupt::instrument);
    interpreter_ = need(clang::Interpreter::create(std::move(compiler)));
    define_symbols();
    need(interpreter_->ParseAndExecute("#include <cpp_kernel.h>\ncpp_kernel::warm_up();"));
}

void Session::define_symbols() {
    auto &jit = need<llvm::orc::LLJIT &>(interpreter_->getExecutionEngine());
    auto symbols = interrupt::replacements();
    symbols.push_back(timing::function());
    for (const auto &function : display::functions()) {
        symbols.push_back(function);
    }
    symbols.emplace_back("__emutls_get_address", reinterpret_cast<void *>(&thread_local_address));
    symbols.emplace_back("__emutls_v._ZSt11__once_call", &call_stand_in);
    symbols.emplace_back("__emutls_v._ZSt15__once_callable", &callable_stand_in);
    symbols.emplace_back("_ZNSt8ios_base15sync_with_stdioEb",
                         reinterpret_cast<void *>(&sync_with_stdio));
    llvm::orc::SymbolMap map;
    for (const auto &[name, address] : symbols) {
        const auto at = llvm::orc::ExecutorAddr::fromPtr(address);
        map[jit.mangleAndIntern(llvm::StringRef(name))] = {at, llvm::JITSymbolFlags::Exported};
    }
    jit.getExecutionSession().setErrorReporter(
        [this](llvm::Error error) { link_problems_ += llvm::toString(std::move(error)) + "\n"; });
    need(jit.getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(map))));
}

std::optional<Verdict> Session::try_to_compile(const Source &source,
                                               const std::vector<Location> &hidden) {
    const auto answer = copy::run([&] {
        hide(hidden);
        Diagnostics diagnostics(*interpreter_->getCompilerInstance());
        bool compiles = false;
        // Clang 19 may crash when it cleans up after errors (IncrementalParser::CleanUpPTU removes
        // from a list that it walks over). All errors have been reported by then.
        const bool survived = copy::survives([&] {
            auto part = interpreter_->Parse(source.text);
            compiles = static_cast<bool>(part);
            llvm::consumeError(part.takeError());
        });
        if (!survived && !diagnostics.has_errors()) {
            std::abort();
        }
        return diagnostics.as_json(compiles, source);
    });
    return answer ? std::optional(verdict_from(*answer)) : std::nullopt;
}

void Session::run(const std::string &text) {
    Silence silence(*interpreter_->getCompilerInstance()); // all has been said when it was tried
    link_problems_.clear();
    if (auto error = interpreter_->ParseAndExecute(text)) {
        const auto consequence = llvm::toString(std::move(error));
        throw LinkError(link_problems_.empty() ? consequence : readable(link_problems_));
    }
}

void Session::hide(const std::vector<Location> &definitions) {
    redefinition::hide(interpreter_->getASTContext(), definitions);
}

llvm::json::Object Session::complete(const std::string &code, std::size_t offset) {
    auto answer = copy::run([&] { return completion::complete(*interpreter_, code, offset); });
    return answer ? std::move(*answer->getAsObject()) : llvm::json::Object();
}

llvm::json::Object Session::inspect(const std::string &code, std::size_t offset) {
    auto answer = copy::run([&] { return completion::inspect(*interpreter_, code, offset); });
    return answer ? std::move(*answer->getAsObject()) : llvm::json::Object();
}

void Session::load_library(const std::string &name) {
    std::string problem;
    for (const auto &file : paths::of_library(name, library_directories_)) {
        if (dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
            return;
        }
        const std::string reason = dlerror();
        // That a guess is no file is no news; what is wrong with one that is there, is.
        const bool is_missing = reason.find("cannot open shared object file") != std::string::npos;
        problem = problem.empty() || !is_missing ? reason : problem;
    }
    throw std::runtime_error(problem);
}

void Session::add_library_directory(const std::string &path) {
    library_directories_.push_back(paths::expanded(path));
}

void Session::optimize(unsigned level) {
    interpreter_->getCompilerInstance()->getCodeGenOpts().OptimizationLevel = level;
}

void Session::add_include_directory(const std::string &path) {
    auto &compiler = *interpreter_->getCompilerInstance();
    const auto directory = compiler.getFileManager().getOptionalDirectoryRef(paths::expanded(path));
    if (!directory) {
        throw std::runtime_error(path + ": no such directory");
    }
    compiler.getPreprocessor().getHeaderSearchInfo().AddSearchPath(
        {*directory, clang::SrcMgr::C_User, false},
        /*isAngled=*/true);
}
