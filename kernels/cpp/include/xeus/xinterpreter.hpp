// As in the xeus kernels, as far as a cell uses it: what it shows.
#pragma once

#include "cpp_kernel.h"
#include "xeus/xguid.hpp"
#include "xeus/xjson.hpp"

#include <iostream>

namespace xeus {

class xinterpreter {
  public:
    void display_data(const nlohmann::json &data,
                      const nlohmann::json &metadata = nlohmann::json::object(),
                      const nlohmann::json &transient = nlohmann::json::object()) {
        show(data, metadata, transient, false);
    }
    void update_display_data(const nlohmann::json &data, const nlohmann::json &metadata,
                             const nlohmann::json &transient) {
        show(data, metadata, transient, true);
    }
    void clear_output(bool wait) { cpp_kernel_clear(wait); }
    void publish_stream(const std::string &name, const std::string &text) {
        (name == "stderr" ? std::cerr : std::cout) << text << std::flush;
    }

  private:
    static void show(const nlohmann::json &data, const nlohmann::json &metadata,
                     const nlohmann::json &transient, bool update) {
        const auto id = transient.value("display_id", std::string());
        const auto more = metadata.dump();
        cpp_kernel::add_bundle(data, cpp_kernel::rank<2>());
        cpp_kernel_show(id.data(), id.size(), update, more.data(), more.size());
    }
};

inline xinterpreter &get_interpreter() {
    static xinterpreter interpreter;
    return interpreter;
}

} // namespace xeus
