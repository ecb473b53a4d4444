// The page that the supervisor, the interpreter and its copies share: what one has to know of
// another that has died.
#pragma once

#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <sys/types.h>

struct Shared {
    std::atomic<pid_t> interpreter;
    std::atomic<pid_t> checkpoint;      // the waiting copy, 0 where there is none
    std::atomic<unsigned> running_cell; // a serial number, 0 between cells
    std::atomic<unsigned>
        interrupted_cell; // equal to running_cell from the interrupt to the end of the cell
    std::atomic<bool> killed_by_us;   // because an interrupt was not heeded
    std::atomic<bool> is_ending;      // the front has asked for the end, or closed the requests
    std::atomic<unsigned> interrupts; // that the interpreter has seen
    std::atomic<unsigned> asked,
        answered;                      // "have you heard all signals so far?", to the supervisor
    std::atomic<std::int64_t> request; // the id of what is being answered
    pthread_mutex_t writing;           // held while a message is written
    std::atomic<int> threads_lost;     // how many the checkpoint lacks
    char reason[1024];                 // written by who is about to die: "ename\nevalue"
};

extern Shared *shared;
