// What the compiler has to say of a cell.
#pragma once

#include "session.h"

#include <clang/Basic/Diagnostic.h>
#include <memory>

// Collects what the compiler says from here on. For a copy of the process only: it is never taken
// out again.
class Diagnostics {
  public:
    explicit Diagnostics(clang::CompilerInstance &compiler);
    ~Diagnostics();

    bool has_errors() const;
    llvm::json::Value as_json(bool compiles, const Source &source);

  private:
    class Collector;
    clang::CompilerInstance &compiler_;
    Collector *collector_; // the compiler's
};

Verdict verdict_from(const llvm::json::Value &json);

// While it lives, the compiler says nothing.
class Silence {
  public:
    explicit Silence(clang::CompilerInstance &compiler);
    ~Silence();
    Silence(const Silence &) = delete;
    Silence &operator=(const Silence &) = delete;

  private:
    clang::DiagnosticsEngine &engine_;
};
