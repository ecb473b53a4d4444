// What the compiler offers at a place in the code, as JupyterLab shows it.
#pragma once

#include <clang/Sema/CodeCompleteConsumer.h>
#include <memory>
#include <set>
#include <string>

namespace completion {

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

// Collects what begins with a prefix; with `exactly`, what has that name.
class Collector : public clang::CodeCompleteConsumer {
  public:
    Collector(std::string prefix, bool exactly);

    void ProcessCodeCompleteResults(clang::Sema &sema, clang::CodeCompletionContext context,
                                    clang::CodeCompletionResult *results, unsigned count) override;

    clang::CodeCompletionAllocator &getAllocator() override { return *allocator_; }
    clang::CodeCompletionTUInfo &getCodeCompletionTUInfo() override { return unit_; }

    const std::set<Match> &matches() const { return matches_; }

  private:
    bool fits(llvm::StringRef name) const;

    std::shared_ptr<clang::GlobalCodeCompletionAllocator> allocator_;
    clang::CodeCompletionTUInfo unit_;
    std::string prefix_;
    bool exactly_;
    std::set<Match> matches_;
};

} // namespace completion
