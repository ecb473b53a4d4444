#include "diagnostics.h"

#include "redefinition.h"

#include <algorithm>
#include <array>
#include <clang/Basic/DiagnosticIDs.h>
#include <clang/Basic/DiagnosticSema.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/Support/raw_ostream.h>
#include <set>
#include <sstream>

namespace {

constexpr std::array redefinitions{
    clang::diag::err_redefinition,
    clang::diag::err_redefinition_of_enumerator,
    clang::diag::err_redefinition_different_type,
    clang::diag::err_redefinition_different_kind,
    clang::diag::err_redefinition_different_typedef,
    clang::diag::err_ovl_diff_return_type,
    clang::diag::err_conflicting_types,
    clang::diag::err_param_default_argument_redefinition,
    clang::diag::err_template_param_different_kind,
    clang::diag::err_template_param_list_different_arity,
    clang::diag::err_template_nontype_parm_different_type,
};

// The interpreter includes every cell into an empty file, which nobody wants to read about.
std::string without_inclusion(const std::string &text) {
    std::istringstream lines(text);
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("In file included from <<< inputs >>>") == std::string::npos) {
            kept += line + '\n';
        }
    }
    return kept;
}

} // namespace

class Diagnostics::Collector : public clang::DiagnosticConsumer {
  public:
    struct Redefinition {
        Location again;
        Location before = 0;
    };

    explicit Collector(clang::DiagnosticOptions *options) : out_(text_), printer_(out_, options) {
        out_.enable_colors(true);
    }

    void BeginSourceFile(const clang::LangOptions &options,
                         const clang::Preprocessor *preprocessor) override {
        printer_.BeginSourceFile(options, preprocessor);
    }

    void HandleDiagnostic(clang::DiagnosticsEngine::Level level,
                          const clang::Diagnostic &info) override {
        DiagnosticConsumer::HandleDiagnostic(level, info);
        printer_.HandleDiagnostic(level, info);
        const auto location = info.getLocation().getRawEncoding();
        if (level == clang::DiagnosticsEngine::Note) {
            if (expects_note_) {
                found_.back().before = location;
            }
            expects_note_ = false;
            return;
        }
        if (level < clang::DiagnosticsEngine::Error) {
            return;
        }
        note_undeclared(info);
        // What follows an unknown name is taken for something else, and then for bad grammar.
        if (getNumErrors() == 1) {
            const auto category = clang::DiagnosticIDs::getCategoryNumberForDiag(info.getID());
            is_ungrammatical_ =
                clang::DiagnosticIDs::getCategoryNameFromID(category) == "Parse Issue";
        }
        expects_note_ = std::find(redefinitions.begin(), redefinitions.end(), info.getID()) !=
                        redefinitions.end();
        if (expects_note_) {
            found_.push_back({location});
        }
    }

    std::string text() const { return without_inclusion(text_); }
    const std::vector<Redefinition> &found() const { return found_; }
    const std::set<std::string> &undeclared() const { return undeclared_; }
    bool is_ungrammatical() const { return is_ungrammatical_; }

  private:
    // "use of undeclared identifier 'display'; did you mean …"
    void note_undeclared(const clang::Diagnostic &info) {
        llvm::SmallString<128> message;
        info.FormatDiagnostic(message);
        auto [before, name] = message.str().split("undeclared identifier '");
        if (!name.empty()) {
            undeclared_.insert(name.take_until([](char c) { return c == '\''; }).str());
        }
    }

    std::string text_;
    llvm::raw_string_ostream out_;
    clang::TextDiagnosticPrinter printer_;
    std::vector<Redefinition> found_;
    std::set<std::string> undeclared_;
    bool is_ungrammatical_ = false;
    bool expects_note_ = false;
};

Diagnostics::Diagnostics(clang::CompilerInstance &compiler) : compiler_(compiler) {
    auto &engine = compiler.getDiagnostics();
    auto *options = &engine.getDiagnosticOptions();
    options->ShowColors = true;
    collector_ = new Collector(options);
    collector_->BeginSourceFile(compiler.getLangOpts(), &compiler.getPreprocessor());
    engine.setClient(collector_, /*ShouldOwnClient=*/false);
}

Diagnostics::~Diagnostics() = default;

bool Diagnostics::has_errors() const { return collector_->getNumErrors() > 0; }

llvm::json::Value Diagnostics::as_json(bool compiles, const Source &source) {
    const auto &manager = compiler_.getSourceManager();
    const auto place = [&](Location location) {
        return manager.getDecomposedExpansionLoc(
            clang::SourceLocation::getFromRawEncoding(location));
    };
    llvm::json::Array redefining, redefined;
    const auto add = [&](const std::pair<clang::FileID, unsigned> &again,
                         const std::vector<Location> &before) {
        const auto &ends = source.chunk_ends;
        redefining.push_back(std::upper_bound(ends.begin(), ends.end(), again.second) -
                             ends.begin());
        for (const auto location : before) {
            redefined.push_back(static_cast<std::int64_t>(location));
        }
    };
    bool mistook_place = false;
    for (const auto &[again, before] : collector_->found()) {
        const auto here = place(again);
        const auto there = place(before);
        mistook_place = mistook_place || there.first == manager.getMainFileID();
        // Twice in one cell, or in a header without a guard, is a mistake.
        const bool is_mistake =
            here.first == there.first || manager.getFileEntryRefForID(here.first);
        if (before != 0 && there.first != manager.getMainFileID() && !is_mistake) {
            add(here, {before});
        }
    }
    for (const auto &[again, before] : redefinition::find(compiler_.getASTContext())) {
        const auto here = place(again);
        if (!manager.getFileEntryRefForID(here.first)) {
            add(here, before);
        }
    }
    llvm::json::Array undeclared;
    for (const auto &name : collector_->undeclared()) {
        undeclared.push_back(llvm::json::fixUTF8(name));
    }
    return llvm::json::Object{{"compiles", compiles},
                              {"is_ungrammatical", collector_->is_ungrammatical()},
                              {"undeclared", std::move(undeclared)},
                              {"diagnostics", llvm::json::fixUTF8(collector_->text())},
                              {"redefining", std::move(redefining)},
                              {"redefined", std::move(redefined)},
                              {"mistook_place", mistook_place}};
}

Verdict verdict_from(const llvm::json::Value &json) {
    const auto &object = *json.getAsObject();
    Verdict verdict;
    verdict.compiles = *object.getBoolean("compiles");
    verdict.is_ungrammatical = *object.getBoolean("is_ungrammatical");
    verdict.diagnostics = object.getString("diagnostics")->str();
    verdict.mistook_place = *object.getBoolean("mistook_place");
    for (const auto &name : *object.getArray("undeclared")) {
        verdict.undeclared.insert(name.getAsString()->str());
    }
    for (const auto &chunk : *object.getArray("redefining")) {
        verdict.redefining.push_back(static_cast<unsigned>(*chunk.getAsInteger()));
    }
    for (const auto &location : *object.getArray("redefined")) {
        verdict.redefined.push_back(static_cast<Location>(*location.getAsInteger()));
    }
    return verdict;
}

Silence::Silence(clang::CompilerInstance &compiler) : engine_(compiler.getDiagnostics()) {
    engine_.setSuppressAllDiagnostics(true);
}

Silence::~Silence() { engine_.setSuppressAllDiagnostics(false); }
