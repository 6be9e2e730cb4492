/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/guard.h"

#include <windows.h>

/* Whether this is an unwinding that passes by, or no error (a debugger's text, a language's own exceptions that go on). */
BOOL guarded_call_declines(const EXCEPTION_RECORD *rec);
BOOL guarded_call_declines(const EXCEPTION_RECORD *rec)
{
    enum { IS_UNWINDING = 2 | 4, IS_ERROR = 3 };

    return rec->ExceptionFlags & IS_UNWINDING || rec->ExceptionCode >> 30 != IS_ERROR;
}

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
    LONG_PTR crashed = *(int *)(frame + 48);

    (void)context;
    if (guarded_call_declines(rec))
        return ExceptionContinueSearch;
    RtlUnwindEx(frame, (void *)guarded_call_out, rec, (void *)crashed, dispatcher->ContextRecord,
                dispatcher->HistoryTable);
    return ExceptionContinueSearch; /* not reached */
}
#else
/*
 * Here a handler is a record on the stack, in the list that begins at fs:[0]: guarded_call() puts one there. It is asked after those
 * of the frames inside the provider. RtlUnwind() comes back to who called it (but for the stack nothing is as it was), with the
 * records of those frames taken out; what is left is to go on in guarded_call() as if the call had come back.
 *
 *     ebp + 16  crashed           ebp - 4   ebx           ebp - 16  the handler
 *     ebp + 12  arg               ebp - 8   esi           ebp - 20  the record before; what the handler gets as `frame`
 *     ebp + 8   function          ebp - 12  edi
 */
__asm__(".text\n"
        ".globl _guarded_call\n"
        ".def _guarded_call; .scl 2; .type 32; .endef\n"
        "_guarded_call:\n"
        "    pushl %ebp\n"
        "    movl %esp, %ebp\n"
        "    pushl %ebx\n"
        "    pushl %esi\n"
        "    pushl %edi\n"
        "    pushl $guarded_call_handler\n"
        "    pushl %fs:0\n"
        "    movl %esp, %fs:0\n"
        "    pushl 12(%ebp)\n"
        "    call *8(%ebp)\n"
        "guarded_call_out:\n"
        "    leal -20(%ebp), %esp\n"
        "    popl %fs:0\n"
        "    addl $4, %esp\n"
        "    popl %edi\n"
        "    popl %esi\n"
        "    popl %ebx\n"
        "    popl %ebp\n"
        "    ret\n"
        "guarded_call_handler:\n" /* rec at 4(%esp), frame at 8(%esp) */
        "    pushl 4(%esp)\n"
        "    call _guarded_call_declines\n"
        "    addl $4, %esp\n"
        "    testl %eax, %eax\n"
        "    jnz 1f\n"
        "    movl 4(%esp), %eax\n"
        "    pushl 8(%esp)\n" /* is still there afterwards */
        "    movl (%esp), %ecx\n"
        "    pushl $0\n"
        "    pushl %eax\n"
        "    pushl $2f\n"
        "    pushl %ecx\n"
        "    call _RtlUnwind@16\n"
        "2:  popl %ebp\n"
        "    addl $20, %ebp\n"
        "    movl 16(%ebp), %eax\n"
        "    cld\n"
        "    jmp guarded_call_out\n"
        "1:  movl $1, %eax\n" /* ExceptionContinueSearch */
        "    ret\n");
#endif
