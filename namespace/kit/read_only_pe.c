/* SPDX-License-Identifier: MIT */
#include "ws2kit_namespace.h"

INT WSAAPI nsk_no_service(LPGUID id, LPWSASERVICECLASSINFOW info, LPWSAQUERYSETW query, WSAESETSERVICEOP op, DWORD flags)
{
    (void)id, (void)info, (void)query, (void)op, (void)flags;
    return nsk_result(WSAEOPNOTSUPP);
}

INT WSAAPI nsk_no_new_class(LPGUID id, LPWSASERVICECLASSINFOW info)
{
    (void)id, (void)info;
    return nsk_result(WSAEOPNOTSUPP);
}

INT WSAAPI nsk_no_class_to_remove(LPGUID id, LPGUID class_id)
{
    (void)id, (void)class_id;
    return nsk_result(WSATYPE_NOT_FOUND);
}

INT WSAAPI nsk_no_class(LPGUID id, LPDWORD bytes, LPWSASERVICECLASSINFOW info)
{
    (void)id, (void)bytes, (void)info;
    return nsk_result(WSATYPE_NOT_FOUND);
}
