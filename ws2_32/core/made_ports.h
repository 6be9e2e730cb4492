/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_MADE_PORTS_H
#define WS2_32_CORE_MADE_PORTS_H
/*
 * The completion ports that were made after WSAStartup() and before the first socket, when there is no observer (base/observer.h) to
 * be told: servers make their port and the threads that wait for it first. Portable.
 */
#include <stdbool.h>
#include <stdint.h>

void made_ports_add(uintptr_t port);
/* It is closed, or something is done with it that an observer could not make up for. */
void made_ports_remove(uintptr_t port);
/* Something is tied to it. */
void made_ports_tied(uintptr_t port);

enum made_port { MADE_UNKNOWN, MADE_ASLEEP, MADE_OVER };

/*
 * A thread is about to sleep in the kernel for `port`. MADE_ASLEEP: that has been noted, and made_ports_awake() is to follow when it wakes. MADE_OVER:
 * there is an observer now; ask it.
 */
enum made_port made_ports_asleep(uintptr_t port);
/* False: it is the observer's now, who is to be told. */
bool made_ports_awake(uintptr_t port);

/*
 * From now on there is an observer. Calls `tell` for each port that is known, with how many sleep for it, and then `publish`; nobody gets
 * an answer of made_ports_asleep() meanwhile, so neither may come back here. Once.
 */
void made_ports_end(void (*tell)(uintptr_t port, unsigned asleep, bool tied), void (*publish)(void));

#endif
