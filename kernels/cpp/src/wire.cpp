#include "wire.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace wire {
namespace {

constexpr std::size_t header_size = 3;
constexpr std::size_t payload_size = PIPE_BUF - header_size; // up to PIPE_BUF a write is atomic: pipe(7)

void send_frame(Frame kind, std::string_view payload) noexcept {
    std::array<char, PIPE_BUF> frame;
    frame[0] = static_cast<char>(kind);
    frame[1] = static_cast<char>(payload.size() & 0xff);
    frame[2] = static_cast<char>(payload.size() >> 8);
    std::memcpy(frame.data() + header_size, payload.data(), payload.size());
    while (write(events, frame.data(), header_size + payload.size()) < 0 && errno == EINTR) {
    }
}

bool read_all(int descriptor, char *bytes, std::size_t count, bool (*give_up)()) {
    while (count > 0) {
        const ssize_t got = read(descriptor, bytes, count);
        if (got < 0 && errno == EINTR && !(give_up && give_up())) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        bytes += got;
        count -= static_cast<std::size_t>(got);
    }
    return true;
}

} // namespace

void send(Frame kind, std::string_view payload) noexcept {
    do {
        const auto piece = payload.substr(0, payload_size);
        send_frame(kind, piece);
        payload.remove_prefix(piece.size());
    } while (!payload.empty());
}

void send_reply(std::string_view json) noexcept {
    send(Frame::reply, json);
    send(Frame::reply_end, {});
}

std::optional<std::string> receive(int descriptor, bool (*give_up)()) {
    std::uint32_t size = 0;
    if (!read_all(descriptor, reinterpret_cast<char *>(&size), sizeof size, give_up)) {
        return std::nullopt;
    }
    std::string message(size, '\0');
    if (!read_all(descriptor, message.data(), size, give_up)) {
        return std::nullopt;
    }
    return message;
}

void drain(int descriptor) {
    pollfd waiting{descriptor, POLLIN, 0};
    std::array<char, 512> bytes;
    while (poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLIN) && read(descriptor, bytes.data(), bytes.size()) > 0) {
    }
}

} // namespace wire
