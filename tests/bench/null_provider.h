/* SPDX-License-Identifier: MIT */
#ifndef WS2_BENCH_NULL_PROVIDER_H
#define WS2_BENCH_NULL_PROVIDER_H

/* The base provider that does nothing: {3E1B5D5C-9A44-4E0B-8C5E-6E756C6C0001}. */
#define NULL_PROVIDER_GUID { 0x3e1b5d5c, 0x9a44, 0x4e0b, { 0x8c, 0x5e, 0x6e, 0x75, 0x6c, 0x6c, 0x00, 0x01 } }

#endif
