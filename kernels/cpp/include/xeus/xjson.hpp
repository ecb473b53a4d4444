// As in the xeus kernels.
#pragma once

#include <nlohmann/json.hpp>

namespace nl = nlohmann;

namespace xeus {

using xjson = nlohmann::json;

} // namespace xeus
