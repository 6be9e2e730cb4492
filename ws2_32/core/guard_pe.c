/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/guard.h"

#include <windows.h>

#ifdef _WIN64
/*
 * GCC has no __try, so the frame is written out: a function whose language handler is guarded_call_crashed() below. The
 * handler is asked after every frame inside the provider has declined, so a provider's own handlers keep working.
 */
__asm__(".text\n"
        ".globl guarded_call\n"
        ".def guarded_call; .scl 2; .type 32; .endef\n"
        ".seh_proc guarded_call\n"
        "guarded_call:\n"
        "    subq $56, %rsp\n"
        "    .seh_stackalloc 56\n"
        "    .seh_endprologue\n"
        "    movl %r8d, 48(%rsp)\n" /* where the handler finds `crashed`: the frame it gets is our %rsp */
        "    movq %rcx, %rax\n"
        "    movq %rdx, %rcx\n"
        "    call *%rax\n"
        "    nop\n"
        ".globl guarded_call_out\n"
        "guarded_call_out:\n"
        "    addq $56, %rsp\n"
        "    ret\n"
        ".seh_handler guarded_call_crashed, @except\n"
        ".seh_endproc\n");

extern const char guarded_call_out[];

EXCEPTION_DISPOSITION guarded_call_crashed(EXCEPTION_RECORD *rec, char *frame, CONTEXT *context,
                                           DISPATCHER_CONTEXT *dispatcher);
EXCEPTION_DISPOSITION guarded_call_crashed(EXCEPTION_RECORD *rec, char *frame, CONTEXT *context,
                                           DISPATCHER_CONTEXT *dispatcher)
{
    enum { IS_UNWINDING = 2 | 4, IS_ERROR = 3 };
    LONG_PTR crashed = *(int *)(frame + 48);

    (void)context;
    if (rec->ExceptionFlags & IS_UNWINDING || rec->ExceptionCode >> 30 != IS_ERROR)
        return ExceptionContinueSearch;
    RtlUnwindEx(frame, (void *)guarded_call_out, rec, (void *)crashed, dispatcher->ContextRecord,
                dispatcher->HistoryTable);
    return ExceptionContinueSearch; /* not reached */
}
#else
/* Without table-based unwinding there is no handler frame that has been tried here: a crash is the program's. */
int guarded_call(int (*function)(void *arg), void *arg, int crashed)
{
    (void)crashed;
    return function(arg);
}
#endif
