// A small surface over wide ncurses and the Linux calls that a full-screen program needs. No macro,
// variadic function or mutable global of ncurses leaks out: Swift sees only what stands here.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What became of opening the terminal.
enum { CTERM_OK = 0, CTERM_NOT_A_TERMINAL = 1, CTERM_UNKNOWN = 2, CTERM_TOO_SIMPLE = 3 };
/// How many colours there are: none, the first 8 or 16, a table of 256, or any.
enum { CTERM_MONO = 0, CTERM_8 = 8, CTERM_16 = 16, CTERM_256 = 256, CTERM_DIRECT = 1 << 24 };
/// Attributes of drawn text; they add up.
enum { CTERM_BOLD = 1, CTERM_DIM = 2, CTERM_UNDERLINE = 4, CTERM_REVERSE = 8, CTERM_ITALIC = 16 };
/// Sorts of input.
enum {
  CTERM_NONE, CTERM_CHARACTER, CTERM_ALT, CTERM_KEY, CTERM_PASTE, CTERM_MOUSE, CTERM_RESIZE,
  CTERM_BACKGROUND
};
/// Keys without a character. F1 is CTERM_F0 + 1.
enum {
  CTERM_UP = 1, CTERM_DOWN, CTERM_LEFT, CTERM_RIGHT, CTERM_PAGE_UP, CTERM_PAGE_DOWN, CTERM_HOME,
  CTERM_END, CTERM_ENTER, CTERM_BACKSPACE, CTERM_DELETE, CTERM_INSERT, CTERM_BACK_TAB, CTERM_F0 = 100
};
/// What the mouse did.
enum { CTERM_PRESS = 1, CTERM_WHEEL_UP, CTERM_WHEEL_DOWN };

/// One piece of input. `code` is a scalar, a key, what the mouse did, or a colour as 0xRRGGBB.
typedef struct { int32_t kind, code, row, column; } cterm_input;

/// Opens the terminal on standard input and output. `colours` false makes it draw without any.
int cterm_open(bool colours);
/// Puts the terminal back. Does nothing when it is not open.
void cterm_close(void);
/// How long the rest of a key that begins with Esc is awaited, in milliseconds.
int cterm_escape_delay(void);
/// Whether the person's locale is UTF-8, or names none at all.
bool cterm_is_utf8(void);
int cterm_colours(void);
int cterm_rows(void);
int cterm_columns(void);

/// Makes pair `pair` (from 1) of two ncurses colour numbers; -1 is the terminal's own.
void cterm_define_pair(int pair, int foreground, int background);
/// Draws scalars from a cell on; the caller has made sure that they fit and are printable.
void cterm_put(int row, int column, const uint32_t *scalars, int count, int pair, int attributes);
/// Columns that ncurses takes for a scalar; -1 when it does not know it.
int cterm_width(uint32_t scalar);
/// Puts the cursor somewhere, in sight or not.
void cterm_cursor(int row, int column, bool visible);
/// Sends what was drawn, as one picture where the terminal can do that.
void cterm_flush(void);
/// Forgets what the terminal is thought to show, so that the next flush sends everything.
void cterm_redraw(void);
void cterm_bell(void);
void cterm_mouse(bool on);

/// The next piece of input, or CTERM_NONE at once.
cterm_input cterm_next(void);
/// The text of the paste just reported, valid until the next one begins.
const uint32_t *cterm_paste(int *count);
/// Whether the end of a paste, or of the terminal's answer to a question, is still awaited.
bool cterm_is_pasting(void);
/// Takes a new size from the terminal; whether it changed.
bool cterm_measure(void);

/// Gives the terminal back to the shell, until `cterm_resume`.
void cterm_suspend(void);
void cterm_resume(void);
/// Runs a program with the signals as a shell would have them and waits for it; its exit status,
/// 128 + signal, or -errno.
int cterm_run(const char *const *arguments);

/// Runs a program with the bytes as its input and waits so long for it; its exit status,
/// 128 + signal, or -errno (-ETIMEDOUT when it was ended for being too slow).
int cterm_feed(const char *const *arguments, const char *bytes, size_t count, int milliseconds);

/// Blocks TERM INT HUP WINCH TSTP CONT in this thread and all it will make; a descriptor to read
/// them from, or -1. Call before any other thread is made.
int cterm_block_signals(void);
/// The next signal on that descriptor; 0 when there is none.
int cterm_read_signal(int descriptor);
/// Stops this process as Ctrl-Z would; returns when it goes on.
void cterm_stop_process(void);
/// A descriptor that one thread waits on and any thread makes ready.
int cterm_wake_open(void);
void cterm_wake(int descriptor);
void cterm_wake_take(int descriptor);

/// Has a crash put the terminal back before the handler that was there before runs.
void cterm_guard_crashes(void);
/// Writes bytes to the controlling terminal past ncurses; whether all went out.
bool cterm_write_tty(const char *bytes, size_t count);
