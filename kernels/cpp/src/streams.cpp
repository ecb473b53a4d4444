#include "streams.h"

#include "interrupt.h"
#include "wire.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <ext/stdio_sync_filebuf.h>
#include <iostream>
#include <optional>

namespace streams {
namespace {

using Buffer = __gnu_cxx::stdio_sync_filebuf<char>;

wire::Stream output_kind = wire::Stream::output;
wire::Stream error_kind = wire::Stream::error;
std::string *typed = nullptr; // what has been typed and not been read

ssize_t write_message(void *kind, const char *bytes, std::size_t count) {
    wire::print(*static_cast<wire::Stream *>(kind), {bytes, count});
    return static_cast<ssize_t>(count);
}

// Empty where there is none: the end of the file. Nothing where an interrupt came first.
std::optional<std::string> ask_for_line() {
    wire::send(llvm::json::Object{{"type", "input"}, {"prompt", ""}, {"password", false}});
    const auto reply = wire::receive(interrupt::is_wanted);
    if (!reply) {
        return std::nullopt;
    }
    if (const auto problem = reply->getString("error")) {
        wire::print(wire::Stream::error,
                    "the cell reads the end of the file: " + problem->str() + "\n");
        return "";
    }
    const bool is_end = reply->getBoolean("eof").value_or(false);
    return is_end ? "" : reply->getString("value").value_or("").str() + "\n";
}

ssize_t read_typed(void *, char *bytes, std::size_t count) {
    if (typed->empty()) {
        std::fflush(stdout); // the question stands before the input field
        auto line = ask_for_line();
        if (!line) {
            errno = EINTR;
            return -1;
        }
        *typed = std::move(*line);
    }
    count = std::min(count, typed->size());
    std::memcpy(bytes, typed->data(), count);
    typed->erase(0, count);
    return static_cast<ssize_t>(count);
}

FILE *open_output(wire::Stream *kind, int buffering) {
    FILE *file = fopencookie(kind, "w", {nullptr, write_message, nullptr, nullptr});
    std::setvbuf(file, nullptr, buffering, BUFSIZ);
    return file;
}

} // namespace

void install() {
    std::setlocale(LC_CTYPE, "C.UTF-8"); // of wide characters, which go around what is set up here
    typed = new std::string;
    wire::forget_partial_characters();
    stdout = open_output(&output_kind, _IOLBF);
    stderr = open_output(&error_kind, _IONBF);
    stdin = fopencookie(nullptr, "r", {read_typed, nullptr, nullptr, nullptr});
    // Never deleted: cells may write in destructors that run after everything else.
    std::cout.rdbuf(new Buffer(stdout));
    std::cerr.rdbuf(new Buffer(stderr));
    std::clog.rdbuf(new Buffer(stderr));
    std::cin.rdbuf(new Buffer(stdin));
}

void flush() {
    std::cout.flush();
    std::cerr.flush();
    std::clog.flush();
    std::fflush(nullptr);
}

void end_cell() {
    flush();
    wire::print(wire::Stream::output, {}, /*is_all=*/true);
    wire::print(wire::Stream::error, {}, /*is_all=*/true);
}

void rescue() noexcept {
    const char *from = stdout->_IO_write_base;
    const char *to = stdout->_IO_write_ptr;
    if (from && to > from) {
        wire::print(wire::Stream::output, {from, static_cast<std::size_t>(to - from)},
                    /*is_all=*/true);
    }
}

void begin_cell() {
    std::clearerr(stdin);
    for (std::ios *stream :
         {static_cast<std::ios *>(&std::cin), static_cast<std::ios *>(&std::cout),
          static_cast<std::ios *>(&std::cerr), static_cast<std::ios *>(&std::clog)}) {
        stream->clear();
    }
}

} // namespace streams
