// As in the xeus kernels: a bundle for what has none of its own.
#pragma once

#include "cpp_kernel.h"

#include <nlohmann/json.hpp>

namespace nl = nlohmann;

namespace xcpp {

template <class T> nlohmann::json mime_bundle_repr(const T &value) {
    auto bundle = nlohmann::json::object();
    bundle["text/plain"] = cpp_kernel::as_text<T>(value);
    return bundle;
}

} // namespace xcpp
