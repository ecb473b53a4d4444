// The compiler and what the cells have given it so far. Compiles and runs; decides nothing about a
// cell's fate.
#pragma once

#include "cell.h"

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Interpreter/Interpreter.h>
#include <llvm/Support/JSON.h>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

// A position in the source that stays the same in copies of the process.
using Location = clang::SourceLocation::UIntTy;

// Text for the compiler, made from a cell.
struct Source {
    std::string text;
    // Which part of `text` is which chunk of the cell, in order. Shape: one past the last byte.
    std::vector<std::size_t> chunk_ends;
};

// What a try told. Shape: a value without pointers into the compiler, because it comes from a copy
// of the process.
struct Verdict {
    bool compiles = false;
    bool is_ungrammatical = false; // whatever its names mean
    std::string diagnostics;
    std::vector<unsigned> redefining; // chunks that define again what an earlier cell has defined
    std::vector<Location> redefined;  // where those definitions are
    std::set<std::string> undeclared; // names that the cell uses, and nobody has declared
    bool mistook_place =
        false; // two definitions at the same offset are taken for one file, included twice
};

// The cell needs what is not there. What is left of it spoils the cells after it.
struct LinkError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Session {
  public:
    // Shape: the compiler's own arguments.
    explicit Session(const std::vector<std::string> &arguments);

    // Compile in a copy of this process, so that what does not compile leaves nothing behind: not
    // even half-made instances of templates, which `Interpreter::Undo` leaves. Nothing if the copy
    // was interrupted.
    std::optional<Verdict> try_to_compile(const Source &source,
                                          const std::vector<Location> &hidden);

    // Compile and run. Throws what the cell throws, and LinkError.
    void run(const std::string &text);

    // Make definitions of earlier cells invisible to later ones. Code that is compiled keeps using
    // them.
    void hide(const std::vector<Location> &definitions);

    // Run in a copy of this process, too. Shape: see completion.h.
    llvm::json::Object complete(const std::string &code, std::size_t offset);
    llvm::json::Object inspect(const std::string &code, std::size_t offset);

    // Throw std::runtime_error.
    void load_library(const std::string &name);
    void add_include_directory(const std::string &path);
    void add_library_directory(const std::string &path);

    // How hard the compiler works on what comes from now on: 0 to 3.
    void optimize(unsigned level);

  private:
    void define_symbols();

    std::string link_problems_;
    std::vector<std::string> library_directories_;
    std::unique_ptr<clang::Interpreter> interpreter_;
};
