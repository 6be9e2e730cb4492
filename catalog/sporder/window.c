/* SPDX-License-Identifier: MIT */
/*
 * sporder.exe: the small window of the 1996 SDK. Providers in their order, details of the one that is chosen, and an
 * order that is changed here first and written when it is applied. Every key that can do nothing says why.
 */
#include "catalog/sporder/window.h"

#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/sporder/entries.h"

/* The window's state; there is one window. Both catalogs are held, so that going to the other loses nothing. */
static struct entries held[KINDS];
static enum which shown;
static HWND window;

static const WCHAR title[] = L"Winsock provider order", box_title[] = L"Provider order";
static const WCHAR *const words[KINDS] = {L"protocols", L"name spaces"};

/* ---- saying ---- */

static void say(const WCHAR *text)
{
    SetDlgItemTextW(window, ID_STATUS, text);
}

static void beep_and_say(const WCHAR *text)
{
    MessageBeep(MB_OK);
    say(text);
}

static void complain(const WCHAR *attempt, enum which which, int err)
{
    const char *name = wsaerr_name(err);
    const WCHAR *why = L"";
    WCHAR text[512];

    switch (err) {
    case WSAEINVAL:
        why = L"Another program has changed the catalog meanwhile. \"Read again\" (F5) shows it as it is now.";
        break;
    case WSANO_RECOVERY:
    case WSAEACCES:
        why = L"The registry refused it: only an administrator may change the order.";
        break;
    case WSATRY_AGAIN:
        why = L"Another program is changing the catalog. Try again when it is done.";
        break;
    }
    swprintf(text, 512, L"Cannot %ls the order of the %ls: error %d (%hs).\n\n%ls", attempt, words[which], err,
             name ? name : "unknown", why);
    MessageBoxW(window, text, box_title, MB_OK | MB_ICONERROR);
}

/* ---- showing ---- */

static BOOL any_changed(void)
{
    return order_changed(&held[PROTOCOLS].order) || order_changed(&held[NAME_SPACES].order);
}

static void show_changed(void)
{
    if (IsWindowVisible(window))
        SetWindowTextW(window, any_changed() ? L"Winsock provider order *" : title);
    if (!any_changed() && GetFocus() == GetDlgItem(window, ID_APPLY))
        SendMessageW(window, WM_NEXTDLGCTL, (WPARAM)GetDlgItem(window, ID_LIST), TRUE); /* no key reaches a grey button */
    EnableWindow(GetDlgItem(window, ID_APPLY), any_changed());
    say(any_changed() ? L"Changed, and not yet applied." : L"");
}

static int chosen(void)
{
    return (int)SendDlgItemMessageW(window, ID_LIST, LB_GETCURSEL, 0, 0);
}

static void show_details(void)
{
    const struct entries *e = &held[shown];
    int at = chosen();

    SetDlgItemTextW(window, ID_DETAILS, at >= 0 && (uint32_t)at < e->order.count ? e->entry[e->order.at[at]].details : L"");
}

static void show_list(int choose)
{
    const struct entries *e = &held[shown];
    HWND list = GetDlgItem(window, ID_LIST);

    SendMessageW(list, WM_SETREDRAW, FALSE, 0);
    SendMessageW(list, LB_RESETCONTENT, 0, 0);
    for (uint32_t i = 0; i < e->order.count; i++)
        SendMessageW(list, LB_ADDSTRING, 0, (LPARAM)e->entry[e->order.at[i]].line);
    SendMessageW(list, LB_SETCURSEL, choose, 0);
    SendMessageW(list, WM_SETREDRAW, TRUE, 0);
    InvalidateRect(list, NULL, TRUE);
    show_details();
    show_changed();
}

/* ---- doing ---- */

static void read_all(void)
{
    for (enum which which = PROTOCOLS; which < KINDS; which++) {
        struct entries fresh;
        int err = entries_read(&fresh, which);

        if (err) {
            complain(L"read", which, err);
            continue;
        }
        entries_free(&held[which]);
        held[which] = fresh;
    }
    show_list(0);
}

static void read_again(void)
{
    if (any_changed() && MessageBoxW(window, L"The changed order is not applied, and reading again drops it. Read again?",
                                     box_title, MB_YESNO | MB_ICONQUESTION | MB_DEFBUTTON2) != IDYES)
        return;
    read_all();
    say(L"Read again.");
}

static void move(int64_t to)
{
    int from = chosen();

    if (from < 0)
        beep_and_say(L"Choose a provider first.");
    else if (to < 0)
        beep_and_say(L"It is the first already.");
    else if (order_move(&held[shown].order, (uint32_t)from, to))
        show_list((int)to);
    else
        beep_and_say(L"It is the last already.");
}

/* TRUE: nothing is left to apply. */
static BOOL apply(void)
{
    BOOL did = FALSE;

    for (enum which which = PROTOCOLS; which < KINDS; which++) {
        int err;

        if (!order_changed(&held[which].order))
            continue;
        err = entries_apply(&held[which]);
        if (err) {
            complain(L"write", which, err);
            show_changed();
            return FALSE;
        }
        did = TRUE;
    }
    show_list(chosen());
    say(did ? L"Applied: programs that start now see it." : L"There was nothing to apply.");
    return TRUE;
}

static void choose_kind(enum which which)
{
    if (shown == which)
        return;
    shown = which;
    show_list(0);
}

/* Asks if something would be lost. */
static void close_window(void)
{
    int answer = IDNO;

    if (any_changed())
        answer = MessageBoxW(window, L"The changed order is not applied. Apply it now?", box_title,
                             MB_YESNOCANCEL | MB_ICONQUESTION);
    if (answer == IDNO || (answer == IDYES && apply()))
        DestroyWindow(window);
}

static void command(int id, int code)
{
    int at = chosen();

    switch (id) {
    case ID_PROTOCOLS:
    case ID_NAME_SPACES:
        choose_kind(id == ID_PROTOCOLS ? PROTOCOLS : NAME_SPACES);
        break;
    case ID_LIST:
        if (code == LBN_SELCHANGE)
            show_details();
        break;
    case ID_TOP:
        move(at > 0 ? 0 : -1);
        break;
    case ID_UP:
        move((int64_t)at - 1);
        break;
    case ID_DOWN:
        move((int64_t)at + 1);
        break;
    case ID_BOTTOM: {
        uint32_t count = held[shown].order.count;

        move((uint32_t)at + 1 == count ? (int64_t)count : (int64_t)count - 1);
        break;
    }
    case ID_AGAIN:
        read_again();
        break;
    case ID_APPLY:
        apply();
        break;
    case IDOK:
        if (apply())
            DestroyWindow(window);
        break;
    case IDCANCEL:
        close_window();
        break;
    }
}

static INT_PTR CALLBACK on_message(HWND dialog, UINT message, WPARAM wparam, LPARAM lparam)
{
    static const int stops[] = {28, 60}; /* of the list, in dialog units: id, kind, name */

    (void)lparam;
    switch (message) {
    case WM_INITDIALOG:
        window = dialog;
        CheckRadioButton(dialog, ID_PROTOCOLS, ID_NAME_SPACES, ID_PROTOCOLS);
        SendDlgItemMessageW(dialog, ID_LIST, LB_SETTABSTOPS, 2, (LPARAM)stops);
        read_all();
        SetFocus(GetDlgItem(dialog, ID_LIST));
        return FALSE; /* the focus is where it should be */
    case WM_COMMAND:
        command(LOWORD(wparam), HIWORD(wparam));
        return TRUE;
    case WM_CLOSE:
        close_window();
        return TRUE;
    case WM_DESTROY:
        PostQuitMessage(0);
        return TRUE;
    }
    return FALSE;
}

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE previous, WCHAR *line, int show)
{
    HACCEL keys = LoadAcceleratorsW(instance, MAKEINTRESOURCEW(ID_KEYS));
    WSADATA data;
    HWND dialog;
    MSG msg;

    (void)previous;
    (void)line;
    if (WSAStartup(MAKEWORD(2, 2), &data)) /* for the name spaces; it loads no provider */
        return 1;
    dialog = CreateDialogParamW(instance, MAKEINTRESOURCEW(ID_WINDOW), NULL, on_message, 0);
    if (!dialog)
        return 1;
    ShowWindow(dialog, show);
    SetForegroundWindow(dialog);
    SetWindowTextW(dialog, title); /* now it takes keys */
    while (GetMessageW(&msg, NULL, 0, 0) > 0) {
        if (TranslateAcceleratorW(dialog, keys, &msg) || IsDialogMessageW(dialog, &msg))
            continue;
        TranslateMessage(&msg);
        DispatchMessageW(&msg);
    }
    for (enum which which = PROTOCOLS; which < KINDS; which++)
        entries_free(&held[which]);
    WSACleanup();
    return 0;
}
