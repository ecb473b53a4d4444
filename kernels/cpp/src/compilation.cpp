#include "compilation.h"

#include "wire.h"

#include <optional>
#include <utility>

namespace compilation {
namespace {

constexpr int most_rounds = 8; // of redefinitions that come to light one after the other

Verdict try_to_compile(Session &session, const Source &source,
                       const std::vector<Location> &hidden) {
    auto verdict = session.try_to_compile(source, hidden);
    if (!verdict) {
        throw Failure{"KeyboardInterrupt", "interrupted while it was compiled", {}};
    }
    return std::move(*verdict);
}

std::optional<std::string> try_way(Session &session, const Cell &cell, bool shows_value,
                                   std::string &complaints) {
    Rewrite rewrite;
    rewrite.shows_value = shows_value;
    for (int round = 0; round < most_rounds; ++round) {
        const auto source = cell.source(rewrite);
        const auto verdict = try_to_compile(session, source, rewrite.hidden);
        if (round == 0 && !verdict.compiles && !(shows_value && !complaints.empty())) {
            // Of the cell as it stands, rather than of what was made of it.
            complaints = verdict.diagnostics;
        }
        if (rewrite.learn(verdict, cell)) {
            continue;
        }
        if (!verdict.compiles) {
            break;
        }
        wire::print(wire::Stream::error, verdict.diagnostics);
        session.hide(rewrite.hidden);
        return source.text;
    }
    return std::nullopt;
}

} // namespace

std::string compile(Session &session, const Cell &cell) {
    std::vector<bool> ways{false};
    if (cell.may_show_value()) {
        ways.insert(cell.probably_shows_value() ? ways.begin() : ways.end(), true);
    }
    std::string complaints;
    for (const bool shows_value : ways) {
        if (auto text = try_way(session, cell, shows_value, complaints)) {
            return *text;
        }
    }
    if (cell.may_show_value() && complaints.find("expected ';'") != std::string::npos) {
        std::string unsaid;
        if (auto text = try_way(session, cell.with_semicolon(), false, unsaid)) {
            return *text;
        }
    }
    throw Failure{"CompileError", complaints, {}};
}

bool compiles(Session &session, const Cell &cell) {
    return try_to_compile(session, cell.source({}), {}).compiles;
}

bool is_ungrammatical(Session &session, const std::string &code) {
    const Cell cell(code, "cell", /*serial=*/0);
    for (const bool shows_value : {true, false}) {
        if (!shows_value || cell.may_show_value()) {
            Rewrite rewrite;
            rewrite.shows_value = shows_value;
            const auto verdict = session.try_to_compile(cell.source(rewrite), {});
            if (!verdict || verdict->compiles || !verdict->is_ungrammatical) {
                return false;
            }
        }
    }
    return true;
}

} // namespace compilation
