// The last words of a process that a cell has killed.
#pragma once

namespace death {

// Have fatal signals, std::terminate and exit() say what happened before they end the process.
void install();

} // namespace death
