#include "kernel.h"

#include "cell.h"
#include "checkpoint.h"
#include "compilation.h"
#include "completion.h"
#include "death.h"
#include "display.h"
#include "execution.h"
#include "interrupt.h"
#include "magic.h"
#include "reply.h"
#include "session.h"
#include "shared.h"
#include "streams.h"
#include "text.h"
#include "wire.h"

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <regex>
#include <stdexcept>
#include <unistd.h>

namespace kernel {
namespace {

using llvm::json::Object;

constexpr std::size_t indentation = 4;

long checkpoint_limit_mb() {
    const char *wanted = std::getenv("CPP_KERNEL_CHECKPOINT_MB");
    return wanted && *wanted ? std::strtol(wanted, nullptr, 10) : 1024;
}

// What a cell changes while a checkpoint exists is there twice.
bool is_small_enough() {
    static const long limit_mb = checkpoint_limit_mb();
    long total = 0, resident = 0, from_files = 0;
    std::ifstream("/proc/self/statm") >> total >> resident >> from_files;
    return (resident - from_files) * (sysconf(_SC_PAGESIZE) / 1024) / 1024 < limit_mb;
}

// For the compiler only, where the cell is not run.
std::string without_magics(std::string code) {
    try {
        magic::take(code);
    } catch (const std::runtime_error &) {
        // It is said when the cell is run.
    }
    return code;
}

class Kernel {
  public:
    explicit Kernel(const std::vector<std::string> &arguments) : session_(arguments) {}

    Object answer(const Object &request) {
        const auto type = request.getString("type").value_or("");
        const auto code = request.getString("code").value_or("").str();
        const auto cursor = static_cast<std::size_t>(request.getInteger("cursor").value_or(0));
        try {
            if (type == "execute") {
                return execute(
                    code, "In[" + std::to_string(request.getInteger("count").value_or(0)) + "]");
            }
            if (type == "complete") {
                return complete(code, text::bytes_of(code, cursor));
            }
            if (type == "inspect") {
                return inspect(code, text::bytes_of(code, cursor));
            }
            if (type == "is_complete") {
                return is_complete(code);
            }
        } catch (const std::runtime_error &problem) {
            return reply::error("InterpreterError", problem.what());
        }
        return reply::error("ProtocolError", "unknown request");
    }

  private:
    Object execute(const std::string &code, const std::string &name) {
        interrupt::begin_cell();
        shared->running_cell = ++serial_;
        if (shared->is_ending) {
            return {}; // nobody would end it
        }
        streams::begin_cell();
        display::take();
        const auto lost = is_small_enough() ? checkpoint::leave() : "";
        Object done =
            lost.empty() ? execution::run(session_, code, name, serial_) : as_undone(lost);
        streams::end_cell();
        if (lost.empty()) {
            checkpoint::drop();
        }
        shared->running_cell = 0;
        return done;
    }

    // We are the checkpoint: the process that ran the cell is dead.
    static Object as_undone(const std::string &reason) {
        interrupt::install();
        death::install();
        streams::install();
        return reply::death(reason, checkpoint::what_was_kept());
    }

    Object complete(const std::string &code, std::size_t offset) {
        if (auto done = complete_magic(code, offset)) {
            return std::move(*done);
        }
        auto done = session_.complete(blanked(code), offset);
        for (const char *key : {"start", "end"}) {
            const auto at = static_cast<std::size_t>(done.getInteger(key).value_or(0));
            done[key] = static_cast<std::int64_t>(
                text::characters_of(std::string_view(code).substr(0, at)));
        }
        return done;
    }

    // For the compiler, and every character stays where it is: of a timed statement, only the
    // magic's own words go.
    static std::string blanked(std::string code) {
        static const std::regex timing(R"(^[ \t]*%%?timeit([ \t]+-[nrp][ \t]*[0-9]+)*)",
                                       std::regex::multiline);
        for (std::smatch found; std::regex_search(code, found, timing);) {
            code.replace(static_cast<std::size_t>(found.position()),
                         static_cast<std::size_t>(found.length()),
                         static_cast<std::size_t>(found.length()), ' ');
        }
        return without_magics(code);
    }

    static std::optional<Object> complete_magic(const std::string &code, std::size_t offset) {
        const auto newline = offset == 0 ? std::string::npos : code.rfind('\n', offset - 1);
        const auto start = newline == std::string::npos ? 0 : newline + 1;
        const auto begun = code.substr(start, offset - start);
        if (begun.empty() || begun[0] != '%' || begun.find_first_of(" \t") != std::string::npos) {
            return std::nullopt;
        }
        llvm::json::Array matches;
        for (const auto &name : magic::names()) {
            if (name.rfind(begun, 0) == 0) {
                matches.push_back(Object{{"text", name}, {"type", "magic"}});
            }
        }
        const auto at = [&](std::size_t bytes) {
            return static_cast<std::int64_t>(
                text::characters_of(std::string_view(code).substr(0, bytes)));
        };
        return Object{{"start", at(start)}, {"end", at(offset)}, {"matches", std::move(matches)}};
    }

    Object inspect(const std::string &code, std::size_t offset) {
        const auto text = completion::explain(session_.inspect(blanked(code), offset));
        if (text.empty()) {
            return Object{{"found", false}, {"data", Object()}};
        }
        return Object{{"found", true}, {"data", Object{{"text/plain", text}}}};
    }

    Object is_complete(const std::string &code) {
        static const std::map<cell::State, const char *> names{
            {cell::State::complete, "complete"},
            {cell::State::incomplete, "incomplete"},
            {cell::State::invalid, "invalid"}};
        const auto rest = without_magics(code);
        auto split = cell::split(rest);
        if (split.state == cell::State::complete && compilation::is_ungrammatical(session_, rest)) {
            split.state = cell::State::invalid;
        }
        return Object{{"status", names.at(split.state)},
                      {"indent", std::string(split.open_brackets * indentation, ' ')}};
    }

    Session session_;
    unsigned serial_ = 0;
};

void keep_from_children() {
    for (const int descriptor : {wire::requests, wire::messages}) {
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
}

} // namespace

int serve(const std::vector<std::string> &arguments) {
    keep_from_children();
    streams::install();
    interrupt::install();
    Kernel kernel(arguments);
    death::install();
    wire::send(Object{{"type", "ready"}});
    while (const auto request = wire::receive()) {
        const auto id = request->getInteger("id").value_or(0);
        const auto type = request->getString("type").value_or("");
        if (type == "shutdown") {
            break;
        }
        if (type != "input_reply") { // one that came after the cell had given up waiting
            shared->request = id;
            auto done = kernel.answer(*request);
            shared->request = 0;
            reply::send(id, std::move(done));
        }
    }
    shared->is_ending = true;
    streams::flush();
    return 0;
}

} // namespace kernel
