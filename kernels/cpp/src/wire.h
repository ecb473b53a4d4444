// What travels between the kernel (Python) and this program. Owns the two formats, and nothing of what they carry.
//
// Towards the kernel, on `events`: frames that are written in one piece, so that threads, forked copies and a process
// that dies in mid-sentence never tear one. One pipe, so the order of everything in it is the order of events: when
// the reply to a cell arrives, all that the cell printed has arrived.
// From the kernel, on `requests` and `input`: a length, then that many bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wire {

// Descriptors, set once when the program starts.
inline int requests = -1;
inline int events = -1;
inline int input = -1;

enum class Frame : char {
    standard_output = 'O',
    standard_error = 'E',
    reply = 'R',         // a piece of a reply
    reply_end = '.',     // its last piece
    reply_restart = '0', // forget the pieces so far: who wrote them is dead
    want_input = 'I',
};

// Write one message, in as many frames as it needs. Async-signal-safe.
void send(Frame kind, std::string_view payload) noexcept;

// Write a reply, whole. Shape: JSON.
void send_reply(std::string_view json) noexcept;

// Read one message. Nothing at the end of the stream, and where `give_up` answers true after a signal.
std::optional<std::string> receive(int descriptor, bool (*give_up)() = nullptr);

// Throw away what can be read at once.
void drain(int descriptor);

} // namespace wire
