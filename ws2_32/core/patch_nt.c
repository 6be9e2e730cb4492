/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/patch.h"

#include <string.h>

enum { STUB_WORD = 8 };

/* The stub's first eight bytes, at once. */
static BOOL store_word(unsigned char *stub, ULONG64 word)
{
    DWORD old;

    if (!VirtualProtect(stub, STUB_WORD, PAGE_EXECUTE_READWRITE, &old))
        return FALSE;
    __atomic_store_n((ULONG64 *)(void *)stub, word, __ATOMIC_SEQ_CST);
    VirtualProtect(stub, STUB_WORD, old, &old);
    FlushInstructionCache(GetCurrentProcess(), stub, STUB_WORD);
    return TRUE;
}

#ifdef __x86_64__
/*
 * A system call's stub begins, in every 64-bit Windows and Wine:
 *
 *     4c 8b d1          mov r10, rcx
 *     b8 nn nn nn nn    mov eax, number
 *
 * Only the first instruction is replaced, by a jump whose displacement has for its two high bytes the bytes that stand there already:
 * "b8" and the low byte of the number. A thread that stands between the two instructions therefore finds the second one
 * intact, and the store is one aligned word, so no thread ever sees half of it. The price: the jump leads into one certain
 * range of 64 KiB, which has to be free.
 *
 * The original is `mov r10, rcx` and a jump to the second instruction, so what follows there need not be understood.
 */
enum { JUMP_BYTES = 14, WINDOW = 0x10000 };

/* jmp [rip+0], and the address. */
static unsigned char *put_jump(unsigned char *at, const void *to)
{
    static const unsigned char jump[6] = { 0xff, 0x25 };

    memcpy(at, jump, sizeof jump);
    memcpy(at + sizeof jump, &to, sizeof to);
    return at + JUMP_BYTES;
}

BOOL patch_entry(void *function, void *hook, void **original)
{
    unsigned char *stub = function;
    unsigned char *after_jump = stub + 5;
    unsigned char *low, *window, *thunk;
    LONG displacement;
    ULONG64 word;
    DWORD old;

    if (((ULONG_PTR)stub & (STUB_WORD - 1)) || memcmp(stub, "\x4c\x8b\xd1\xb8", 4))
        return FALSE;

    /* The lowest address that the jump can reach, and the first 64 KiB boundary from there on. */
    displacement = (LONG)((ULONG)stub[4] << 24 | (ULONG)stub[3] << 16);
    low = after_jump + displacement;
    window = (unsigned char *)(((ULONG_PTR)low + WINDOW - 1) & ~(ULONG_PTR)(WINDOW - 1));
    thunk = VirtualAlloc(window, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (thunk != window || thunk - low >= WINDOW - 64) {
        if (thunk)
            VirtualFree(thunk, 0, MEM_RELEASE);
        return FALSE;
    }

    memcpy(&word, stub, sizeof word);
    put_jump(thunk, hook);
    memcpy(thunk + 16, "\x4c\x8b\xd1", 3);
    put_jump(thunk + 19, stub + 3);
    VirtualProtect(thunk, 4096, PAGE_EXECUTE_READ, &old);
    __atomic_store_n(original, thunk + 16, __ATOMIC_SEQ_CST);

    displacement += (LONG)(thunk - low);
    word = (word & ~0xFFFFFFULL) | 0xe9 | (ULONG64)((ULONG)displacement & 0xFFFF) << 8;
    if (store_word(stub, word))
        return TRUE;
    __atomic_store_n(original, function, __ATOMIC_SEQ_CST);
    VirtualFree(thunk, 0, MEM_RELEASE);
    return FALSE;
}
#else
/*
 * A system call's stub begins, in every 32-bit Windows and Wine, by loading its number:
 *
 *     b8 nn nn nn nn    mov eax, number
 *
 * A jump to anywhere in the address space is as long as that, so one aligned store replaces the whole instruction and no
 * thread ever stands in the middle of it. The original is the same instruction in a page of its own (others may run in
 * theirs while this one is still being written) and a jump to the second one.
 */
enum { JUMP_BYTES = 5 };

/* jmp, from where the bytes will stand. */
static void put_jump(unsigned char *bytes, const unsigned char *at, const void *to)
{
    LONG displacement = (LONG)((const unsigned char *)to - (at + JUMP_BYTES));

    bytes[0] = 0xe9;
    memcpy(bytes + 1, &displacement, sizeof displacement);
}

BOOL patch_entry(void *function, void *hook, void **original)
{
    unsigned char *stub = function, *thunk;
    unsigned char jump[STUB_WORD];
    ULONG64 word;
    DWORD old;

    if (((ULONG_PTR)stub & (STUB_WORD - 1)) || stub[0] != 0xb8)
        return FALSE;
    thunk = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!thunk)
        return FALSE;
    memcpy(thunk, stub, JUMP_BYTES);
    put_jump(thunk + JUMP_BYTES, thunk + JUMP_BYTES, stub + JUMP_BYTES);
    VirtualProtect(thunk, 4096, PAGE_EXECUTE_READ, &old);
    __atomic_store_n(original, thunk, __ATOMIC_SEQ_CST);

    memcpy(jump, stub, sizeof jump);
    put_jump(jump, stub, hook);
    memcpy(&word, jump, sizeof word);
    if (store_word(stub, word))
        return TRUE;
    __atomic_store_n(original, function, __ATOMIC_SEQ_CST);
    VirtualFree(thunk, 0, MEM_RELEASE);
    return FALSE;
}
#endif

static const IMAGE_IMPORT_DESCRIPTOR *imports_of(const unsigned char *base)
{
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS *nt = (const void *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *dir =
        &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];

    return dir->VirtualAddress ? (const void *)(base + dir->VirtualAddress) : NULL;
}

static BOOL store_pointer(void **slot, void *value)
{
    DWORD old;

    if (!VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &old))
        return FALSE;
    __atomic_store_n(slot, value, __ATOMIC_SEQ_CST);
    VirtualProtect(slot, sizeof *slot, old, &old);
    return TRUE;
}

BOOL patch_import(HMODULE importer, void *function, void *hook)
{
    unsigned char *base = (unsigned char *)importer;
    const IMAGE_IMPORT_DESCRIPTOR *d = importer ? imports_of(base) : NULL;
    BOOL found = FALSE;

    for (; d && d->FirstThunk; d++)
        for (void **slot = (void **)(void *)(base + d->FirstThunk); *slot; slot++)
            if (*slot == function)
                found |= store_pointer(slot, hook);
    return found;
}
