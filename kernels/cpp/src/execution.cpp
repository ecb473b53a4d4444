#include "execution.h"

#include "commands.h"
#include "compilation.h"
#include "completion.h"
#include "display.h"
#include "exceptions.h"
#include "interrupt.h"
#include "magic.h"
#include "place.h"
#include "reason.h"
#include "reply.h"
#include "shared.h"
#include "streams.h"
#include "wire.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <stdexcept>
#include <unistd.h>

namespace execution {
namespace {

using llvm::json::Object;

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

std::string line_of(const std::string &code, unsigned number) {
    std::size_t begin = 0;
    for (; number > 1 && begin != std::string::npos; --number) {
        begin = code.find('\n', begin);
        begin += begin == std::string::npos ? 0 : 1;
    }
    return begin == std::string::npos ? "" : code.substr(begin, code.find('\n', begin) - begin);
}

class Execution {
  public:
    Execution(Session &session, const std::string &code, const std::string &name, unsigned serial)
        : session_(session), code_(code), name_(name), serial_(serial) {}

    Object run() {
        try {
            auto code = code_;
            obey(take(code));
            const auto text = compilation::compile(session_, Cell(std::move(code), name_, serial_));
            place::begin_cell();
            run(text);
            show_value();
            return finished();
        } catch (const Failure &failure) {
            return reply::error(failure.name, failure.value, failure.places);
        } catch (const std::exception &failure) {
            return reply::error("InterpreterError", failure.what());
        }
    }

  private:
    Object finished() {
        return payload_.empty() ? Object() : Object{{"payload", std::move(payload_)}};
    }

    static void show_value() {
        if (auto data = display::take(); !data.empty()) {
            streams::flush();
            wire::send(
                Object{{"type", "result"}, {"data", std::move(data)}, {"metadata", Object()}});
        }
    }

    // --- what is for the kernel --------------------------------------------------------------

    static std::vector<magic::Magic> take(std::string &code) {
        try {
            return magic::take(code);
        } catch (const std::runtime_error &problem) {
            throw Failure{"MagicError", problem.what(), {}};
        }
    }

    void obey(const std::vector<magic::Magic> &magics) {
        for (const auto &one : magics) {
            try {
                obey(one);
            } catch (const std::runtime_error &problem) {
                throw Failure{"MagicError",
                              "line " + std::to_string(one.line) + ": " + one.name + ": " +
                                  problem.what(),
                              {}};
            }
            if (interrupt::is_wanted()) {
                throw Failure{
                    "KeyboardInterrupt", "interrupted in line " + std::to_string(one.line), {}};
            }
        }
    }

    void obey(const magic::Magic &one) {
        if (one.name == "!") {
            run_command(one.argument);
        } else if (one.name == "?") {
            show_help(one.argument);
        } else if (one.name == "%%file" || one.name == "%%writefile") {
            const auto arguments = magic::parse(one.argument, "a", "");
            require(arguments.rest, "NAME");
            commands::write_file(arguments.rest, one.body, !arguments.options.empty());
        } else {
            obey_compiler(one);
        }
    }

    void obey_compiler(const magic::Magic &one) {
        if (one.name == "%lib" || one.name == ".L" || one.name == "#pragma cling load") {
            session_.load_library(require(one.argument, "NAME-OR-PATH"));
        } else if (one.name == "%include" || one.name == ".I" ||
                   one.name == "#pragma cling add_include_path") {
            session_.add_include_directory(require(one.argument, "DIRECTORY"));
        } else if (one.name == "%libpath" || one.name == "#pragma cling add_library_path") {
            session_.add_library_directory(require(one.argument, "DIRECTORY"));
        } else if (one.name == "#pragma cling optimize") {
            session_.optimize(level_from(require(one.argument, "LEVEL")));
        } else if (one.name == "%lsmagic") {
            std::printf("%s\n", magic::known().c_str());
        } else {
            throw std::runtime_error("not known; there are: " + magic::known());
        }
    }

    static unsigned level_from(const std::string &text) {
        if (text.size() != 1 || text[0] < '0' || text[0] > '3') {
            throw std::runtime_error("\"" + text + "\" is no level from 0 to 3");
        }
        return static_cast<unsigned>(text[0] - '0');
    }

    static const std::string &require(const std::string &argument, const std::string &what) {
        if (argument.empty()) {
            throw std::runtime_error(what + " is missing");
        }
        return argument;
    }

    // `!done` of a variable is C++.
    void run_command(const std::string &command) {
        const bool is_word = std::all_of(command.begin(), command.end(), [](unsigned char c) {
            return std::isalnum(c) || c == '_';
        });
        const Cell cell("(void)!" + command + ";", name_, serial_);
        if (is_word && compilation::compiles(session_, cell)) {
            const auto text = compilation::compile(session_, Cell("!" + command, name_, serial_));
            run(text);
            return;
        }
        if (const int code = commands::run(command); code != 0) {
            wire::print(wire::Stream::error,
                        "the command has ended with exit code " + std::to_string(code) + "\n");
        }
    }

    void show_help(const std::string &name) {
        auto found = completion::explain(session_.inspect(name, name.size()));
        if (name.rfind("std::", 0) == 0) {
            found += (found.empty() ? "" : "\n\n") +
                     ("https://en.cppreference.com/mwiki/index.php?search=" + name);
        }
        if (found.empty()) {
            throw std::runtime_error("nothing is known of \"" + name + "\"");
        }
        payload_.push_back(Object{{"source", "page"},
                                  {"start", 0},
                                  {"data", Object{{"text/plain", llvm::json::fixUTF8(found)}}}});
    }

    // --- what is run -------------------------------------------------------------------------

    void run(const std::string &text) {
        OneProcess one;
        try {
            session_.run(text);
        } catch (const LinkError &problem) {
            give_up_linking(problem.what());
        } catch (const interrupt::Interrupted &) {
            throw Failure{"KeyboardInterrupt", "what the cell had done until then stays", places()};
        } catch (...) {
            auto [name, what] = exceptions::current();
            throw Failure{name, what, places()};
        }
        if (interrupt::is_wanted()) {
            throw Failure{"KeyboardInterrupt", "the cell had just ended", {}};
        }
    }

    // Where the exception was thrown, with the line itself where it is this cell's.
    std::vector<std::string> places() const {
        const auto place = place::of_exception();
        if (place == 0) {
            return {};
        }
        const auto line = line_of(code_, place::line_in(place, name_));
        const auto text = place::line_in(place, name_) == 0
                              ? ""
                              : line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
        return {"  " + place::described(place) + (text.empty() ? "" : ": " + text)};
    }

    // A module that cannot be linked spoils those after it: go back to the checkpoint.
    static void give_up_linking(const std::string &problem) {
        if (shared->checkpoint == 0) {
            throw Failure{"LinkError", problem, {}};
        }
        give_reason("LinkError", problem);
        streams::end_cell();
        _exit(1);
    }

    Session &session_;
    const std::string &code_;
    const std::string &name_;
    unsigned serial_;
    llvm::json::Array payload_;
};

} // namespace

Object run(Session &session, const std::string &code, const std::string &name, unsigned serial) {
    return Execution(session, code, name, serial).run();
}

} // namespace execution
