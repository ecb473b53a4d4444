#include "exceptions.h"

#include <cstdlib>
#include <cxxabi.h>
#include <exception>

namespace exceptions {
namespace {

std::string current_type() {
    const auto *type = abi::__cxa_current_exception_type();
    if (!type) {
        return "foreign exception";
    }
    int status = 0;
    char *readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    std::string name = readable ? readable : type->name();
    std::free(readable);
    return name;
}

} // namespace

Description current() {
    try {
        throw;
    } catch (const std::exception &error) {
        return {current_type(), error.what()};
    } catch (const std::string &text) {
        return {current_type(), text};
    } catch (const char *text) {
        return {current_type(), text ? text : ""};
    } catch (...) {
        return {current_type(), ""};
    }
}

} // namespace exceptions
