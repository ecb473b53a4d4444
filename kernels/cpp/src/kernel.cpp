#include "kernel.h"

#include "cell.h"
#include "checkpoint.h"
#include "death.h"
#include "display.h"
#include "exceptions.h"
#include "interrupt.h"
#include "reply.h"
#include "rewrite.h"
#include "session.h"
#include "shared.h"
#include "streams.h"
#include "wire.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <llvm/Support/JSON.h>
#include <map>
#include <stdexcept>
#include <unistd.h>

namespace kernel {
namespace {

using llvm::json::Object;

constexpr int most_rounds = 8; // of redefinitions that come to light one after the other

struct Failure {
    std::string name;
    std::string value;
};

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

// Keeps this process from coming back twice where a cell called fork().
class OneProcess {
  public:
    ~OneProcess() {
        if (getpid() != self_) {
            streams::flush();
            _exit(0);
        }
    }

  private:
    pid_t self_ = getpid();
};

// --- requests --------------------------------------------------------------------------------------------------

class Kernel {
  public:
    explicit Kernel(const std::vector<std::string> &arguments) : session_(arguments) {}

    Object answer(const Object &request) {
        const auto operation = request.getString("op").value_or("");
        const auto code = request.getString("code").value_or("").str();
        const auto offset = static_cast<std::size_t>(request.getInteger("offset").value_or(0));
        if (operation == "execute") {
            return execute(code, request.getString("name").value_or("cell").str());
        }
        if (operation == "complete") {
            return *session_.complete(blank_directives(code), offset).getAsObject();
        }
        if (operation == "inspect") {
            return *session_.inspect(blank_directives(code), offset).getAsObject();
        }
        if (operation == "is_complete") {
            return is_complete(code);
        }
        return reply::error("ProtocolError", "unknown operation");
    }

  private:
    static std::string blank_directives(std::string code) {
        cell::take_directives(code);
        return code;
    }

    static Object is_complete(std::string code) {
        cell::take_directives(code);
        static const std::map<cell::State, const char *> names{{cell::State::complete, "complete"},
                                                               {cell::State::incomplete, "incomplete"},
                                                               {cell::State::invalid, "invalid"}};
        return Object{{"status", names.at(cell::split(code).state)}};
    }

    Object execute(std::string code, const std::string &name) {
        shared->running_cell = ++serial_;
        streams::begin_cell();
        display::take();
        const auto lost = is_small_enough() ? checkpoint::leave() : "";
        Object reply = lost.empty() ? compile_and_run(std::move(code), name) : as_undone(lost);
        if (lost.empty()) {
            streams::flush();
            checkpoint::drop();
        }
        shared->running_cell = 0;
        return reply;
    }

    // We are the checkpoint: the process that ran the cell is dead.
    static Object as_undone(const std::string &reason) {
        interrupt::install();
        death::install();
        streams::install();
        wire::send(wire::Frame::reply_restart, {});
        return reply::death(reason, checkpoint::what_was_kept());
    }

    Object compile_and_run(std::string code, const std::string &name) {
        try {
            for (const auto &directive : cell::take_directives(code)) {
                obey(directive);
            }
            const auto text = compile(Cell(std::move(code), name, serial_));
            const auto outcome = run(text);
            return outcome ? reply::error(outcome->name, outcome->value)
                           : Object{{"status", "ok"}, {"data", display::take()}};
        } catch (const Failure &failure) {
            return reply::error(failure.name, failure.value);
        } catch (const std::exception &failure) {
            return reply::error("InterpreterError", failure.what());
        }
    }

    void obey(const cell::Directive &directive) {
        const auto where = "line " + std::to_string(directive.line) + ": %" + directive.name;
        try {
            if (directive.name == "lib" && !directive.argument.empty()) {
                session_.load_library(directive.argument);
            } else if (directive.name == "include" && !directive.argument.empty()) {
                session_.add_include_directory(directive.argument);
            } else {
                throw std::runtime_error("not known; there are: %lib NAME-OR-PATH, %include DIRECTORY");
            }
        } catch (const std::runtime_error &failure) {
            throw Failure{"DirectiveError", where + ": " + failure.what()};
        }
    }

    // Return what compiles for certain. Throws Failure.
    std::string compile(const Cell &cell) {
        std::vector<bool> ways{false};
        if (cell.may_show_value()) {
            ways.insert(cell.probably_shows_value() ? ways.begin() : ways.end(), true);
        }
        std::string complaints;
        for (const bool shows_value : ways) {
            if (auto text = try_way(cell, shows_value, complaints)) {
                return *text;
            }
        }
        throw Failure{"CompileError", complaints};
    }

    std::optional<std::string> try_way(const Cell &cell, bool shows_value, std::string &complaints) {
        Rewrite rewrite;
        rewrite.shows_value = shows_value;
        for (int round = 0; round < most_rounds; ++round) {
            const auto source = cell.source(rewrite);
            const auto verdict = try_to_compile(source, rewrite.hidden);
            if (round == 0 && !verdict.compiles && !(shows_value && !complaints.empty())) {
                complaints = verdict.diagnostics; // of the cell as it stands, rather than of what was made of it
            }
            if (rewrite.learn(verdict, cell)) {
                continue;
            }
            if (!verdict.compiles) {
                break;
            }
            if (!verdict.diagnostics.empty()) {
                wire::send(wire::Frame::standard_error, verdict.diagnostics);
            }
            session_.hide(rewrite.hidden);
            return source.text;
        }
        return std::nullopt;
    }

    Verdict try_to_compile(const Source &source, const std::vector<Location> &hidden) {
        auto verdict = session_.try_to_compile(source, hidden);
        if (!verdict) {
            throw Failure{"KeyboardInterrupt", "interrupted while it was compiled"};
        }
        return std::move(*verdict);
    }

    // Return how it failed, where it did.
    std::optional<Failure> run(const std::string &text) {
        OneProcess one;
        try {
            session_.run(text);
        } catch (const LinkError &problem) {
            give_up_linking(problem.what());
        } catch (const interrupt::Interrupted &) {
            return Failure{"KeyboardInterrupt", "what the cell had done until then stays"};
        } catch (...) {
            auto [name, what] = exceptions::current();
            return Failure{name, what};
        }
        if (interrupt::is_wanted()) {
            return Failure{"KeyboardInterrupt", "the cell had just ended"};
        }
        return std::nullopt;
    }

    // A module that cannot be linked spoils those after it: go back to the checkpoint.
    static void give_up_linking(const std::string &problem) {
        if (shared->checkpoint == 0) {
            throw Failure{"LinkError", problem};
        }
        give_reason("LinkError", problem);
        streams::flush();
        _exit(1);
    }

    Session session_;
    unsigned serial_ = 0;
};

void keep_from_children() {
    for (const int descriptor : {wire::requests, wire::events, wire::input}) {
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
    while (const auto message = wire::receive(wire::requests)) {
        auto request = llvm::json::parse(*message);
        if (!request || !request->getAsObject()) {
            llvm::consumeError(request.takeError());
            return 1;
        }
        wire::send_reply(reply::as_text(kernel.answer(*request->getAsObject())));
    }
    streams::flush();
    return 0;
}

} // namespace kernel
