#include "wire.h"

#include "shared.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <pthread.h>
#include <unistd.h>

namespace wire {
namespace {

// --- writing ---------------------------------------------------------------------------------

bool write_all(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t written = write(messages, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
}

// A robust mutex tells when its last owner has died: pthread_mutexattr_setrobust(3).
class Turn {
  public:
    Turn() noexcept {
        if (pthread_mutex_lock(&shared->writing) == EOWNERDEAD) {
            pthread_mutex_consistent(&shared->writing);
            write_all("\n");
        }
    }
    ~Turn() { pthread_mutex_unlock(&shared->writing); }
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;
};

// How many bytes a character has that begins like this: 0 where none does. RFC 3629.
std::size_t size_of_character(unsigned char first) noexcept {
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

enum class Part { whole, cut_off, wrong };

Part check(std::string_view bytes, std::size_t size) noexcept {
    if (size == 0) {
        return Part::wrong;
    }
    for (std::size_t i = 1; i < std::min(size, bytes.size()); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        const auto first = static_cast<unsigned char>(bytes[0]);
        // Overlong forms, surrogates, beyond U+10FFFF.
        const bool is_wrong_second =
            i == 1 && ((first == 0xe0 && byte < 0xa0) || (first == 0xed && byte > 0x9f) ||
                       (first == 0xf0 && byte < 0x90) || (first == 0xf4 && byte > 0x8f));
        if ((byte & 0xc0) != 0x80 || is_wrong_second) {
            return Part::wrong;
        }
    }
    return bytes.size() < size ? Part::cut_off : Part::whole;
}

// One message of at most PIPE_BUF bytes: pipe(7) writes that in one piece.
class Line {
  public:
    explicit Line(Stream stream) noexcept {
        add(stream == Stream::output ? R"({"type":"stream","name":"stdout","text":")"
                                     : R"({"type":"stream","name":"stderr","text":")");
        begin_ = size_;
    }

    bool is_empty() const noexcept { return size_ == begin_; }
    bool is_full() const noexcept { return size_ + longest_escape + end_.size() > bytes_.size(); }

    void add_character(std::string_view character) noexcept {
        const auto byte = static_cast<unsigned char>(character[0]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            add(character);
        } else if (byte == '\n') {
            add("\\n");
        } else {
            const char escape[] = {'\\', 'u', '0', '0', digit(byte >> 4), digit(byte & 15)};
            add({escape, sizeof escape});
        }
    }

    void send() noexcept {
        add(end_);
        Turn turn;
        write_all({bytes_.data(), size_});
    }

  private:
    static constexpr std::string_view end_ = "\"}\n";
    static constexpr std::size_t longest_escape = 6;

    static char digit(int value) noexcept { return "0123456789abcdef"[value]; }

    void add(std::string_view text) noexcept {
        std::memcpy(bytes_.data() + size_, text.data(), text.size());
        size_ += text.size();
    }

    std::array<char, PIPE_BUF> bytes_;
    std::size_t size_ = 0;
    std::size_t begin_ = 0;
};

struct Partial {
    std::array<char, 4> bytes;
    std::size_t size;
};
std::array<Partial, 2> partials; // one writer at a time: the streams lock themselves

// Take one character from the front of `bytes`. False where only a part of one is left.
bool take_character(Line &line, std::string_view &bytes, bool is_all) noexcept {
    const std::size_t size = size_of_character(static_cast<unsigned char>(bytes[0]));
    const Part part = check(bytes.substr(0, std::max<std::size_t>(size, 1)), size);
    if (part == Part::cut_off && !is_all) {
        return false;
    }
    line.add_character(part == Part::whole ? bytes.substr(0, size) : "\xef\xbf\xbd");
    bytes.remove_prefix(part == Part::whole ? size : 1);
    return true;
}

} // namespace

void make_lock() {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->writing, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void forget_partial_characters() noexcept { partials = {}; }

void print(Stream stream, std::string_view bytes, bool is_all) noexcept {
    auto &partial = partials[stream == Stream::output ? 0 : 1];
    Line line(stream);
    // What was cut off last time: byte by byte, until it is whole or wrong.
    while (partial.size > 0 && (!bytes.empty() || is_all)) {
        if (!bytes.empty()) {
            partial.bytes[partial.size++] = bytes[0];
            bytes.remove_prefix(1);
        }
        std::string_view begun(partial.bytes.data(), partial.size);
        while (!begun.empty() && take_character(line, begun, is_all && bytes.empty())) {
        }
        std::memmove(partial.bytes.data(), begun.data(), begun.size());
        partial.size = begun.size();
    }
    while (!bytes.empty()) {
        if (line.is_full()) {
            line.send();
            line = Line(stream);
        }
        if (!take_character(line, bytes, is_all)) {
            std::memcpy(partial.bytes.data(), bytes.data(), bytes.size());
            partial.size = bytes.size();
            break;
        }
    }
    if (!line.is_empty()) {
        line.send();
    }
}

void send(const llvm::json::Object &message) noexcept {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::json::Value(llvm::json::Object(message)) << '\n';
    Turn turn;
    write_all(text);
}

// --- reading ---------------------------------------------------------------------------------

std::optional<llvm::json::Object> receive(bool (*give_up)()) {
    static std::string *unread =
        new std::string; // cells may read in destructors that run after everything else
    std::size_t searched = 0;
    for (;;) {
        const auto end = unread->find('\n', searched);
        if (end != std::string::npos) {
            auto message = llvm::json::parse(llvm::StringRef(*unread).take_front(end));
            unread->erase(0, end + 1);
            if (message && message->getAsObject()) {
                return std::move(*message->getAsObject());
            }
            llvm::consumeError(message.takeError());
            searched = 0;
            continue;
        }
        searched = unread->size();
        std::array<char, 1 << 16> bytes;
        const ssize_t got = read(requests, bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR && !(give_up && give_up())) {
            continue;
        }
        if (got <= 0) {
            return std::nullopt;
        }
        unread->append(bytes.data(), static_cast<std::size_t>(got));
    }
}

} // namespace wire
