// The standard streams of the cells: std::cout, std::cerr, std::cin and C's, in step with each
// other, over the wire.
#pragma once

#include <string>

namespace streams {

// Put the streams in place. Also in a copy of the process, where a thread that is gone may hold a
// lock of the old ones.
void install();

// Write out what is buffered.
void flush();

// Write out everything: also a character that a cell has begun and never ended.
void end_cell();

// Write out what a process that is about to die has buffered. Async-signal-safe.
void rescue() noexcept;

// Make a stream usable again after an end of file or an error in an earlier cell.
void begin_cell();

} // namespace streams
