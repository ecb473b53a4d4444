// Which line of which cell is running: for errors. Every line of a cell stores its place before it
// does anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <llvm/IR/Function.h>
#include <string>

namespace place {

// A cell's number and a line of it; 0 where none is known.
using Place = std::uint64_t;

// Have the lines of a cell store their places. What stands in a header has none: the line that
// calls it counts.
void instrument(llvm::Function &function);

// Forget what earlier cells have left.
void begin_cell();

// Where the exception was thrown that this thread has seen last. One place is stored for all
// threads, so while there are several, none is told.
Place of_exception();

// Async-signal-safe.
Place now() noexcept;

// Write "In[3], line 2" into a buffer. Async-signal-safe. Returns the length, 0 where the place is
// unknown.
std::size_t describe(Place place, char *text, std::size_t size) noexcept;

std::string described(Place place);

// The number of the line, 0 where the place is in another cell than the one called `name`.
unsigned line_in(Place place, const std::string &name);

} // namespace place
