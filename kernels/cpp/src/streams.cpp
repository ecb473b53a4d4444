#include "streams.h"

#include "interrupt.h"
#include "wire.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ext/stdio_sync_filebuf.h>
#include <iostream>
#include <optional>

namespace streams {
namespace {

using Buffer = __gnu_cxx::stdio_sync_filebuf<char>;

wire::Frame output_kind = wire::Frame::standard_output;
wire::Frame error_kind = wire::Frame::standard_error;
std::string *typed = nullptr; // what has been typed and not been read

ssize_t write_frame(void *kind, const char *bytes, std::size_t count) {
    wire::send(*static_cast<wire::Frame *>(kind), {bytes, count});
    return static_cast<ssize_t>(count);
}

ssize_t read_typed(void *, char *bytes, std::size_t count) {
    if (typed->empty()) {
        std::fflush(stdout); // the question stands before the input field
        wire::send(wire::Frame::want_input, {});
        auto line = wire::receive(wire::input, interrupt::is_wanted);
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

FILE *open_output(wire::Frame *kind, int buffering) {
    FILE *file = fopencookie(kind, "w", {nullptr, write_frame, nullptr, nullptr});
    std::setvbuf(file, nullptr, buffering, BUFSIZ);
    return file;
}

} // namespace

void install() {
    typed = new std::string;
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

void rescue() noexcept {
    const char *from = stdout->_IO_write_base;
    const char *to = stdout->_IO_write_ptr;
    if (from && to > from) {
        wire::send(wire::Frame::standard_output, {from, static_cast<std::size_t>(to - from)});
    }
}

void begin_cell() {
    wire::drain(wire::input);
    std::clearerr(stdin);
    for (std::ios *stream : {static_cast<std::ios *>(&std::cin), static_cast<std::ios *>(&std::cout),
                             static_cast<std::ios *>(&std::cerr), static_cast<std::ios *>(&std::clog)}) {
        stream->clear();
    }
}

} // namespace streams
