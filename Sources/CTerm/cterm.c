// Wide ncurses behind a few plain functions. Only the main thread calls these, except
// `cterm_wake` (any thread) and the crash handler (whichever thread crashed).
#define _GNU_SOURCE 1
#define NCURSES_WIDECHAR 1  // before every system header, or the wide half of curses.h is hidden
#include <curses.h>
// Not term.h: it defines macros called lines, columns and buttons; curses.h declares tiget* too.
#include "cterm.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

// Keys of our own: marks of a paste, answers about synchronized output and the background, reports of
// the mouse. Far above KEY_MAX, right after which ncurses numbers the keys it finds in extended
// terminal descriptions.
enum {
  PASTE_BEGINS = KEY_MAX + 1000, PASTE_ENDS, SYNC_KNOWN, SYNC_UNKNOWN, BACKGROUND_BEGINS, MOUSE_SGR,
  MOUSE_X10
};
enum { PASTE_MAX = 64 * 1024, SEQUENCE_MAX = 32, ANSWER_MAX = 32, NAME_MAX_BYTES = 128 };
static const int64_t paste_wait_ms = 1000;
// How long the rest of a mouse's report is awaited.
static const int64_t report_wait_ms = 100;

static SCREEN *screen;
static WINDOW *input;
static struct termios before;
static bool has_before, is_utf8, wants_mouse, knows_mouse, has_sync, shows_cursor;
static int colours;
static char reset[512];
static size_t reset_count;
static volatile sig_atomic_t is_open;

static uint32_t paste[PASTE_MAX];
static int paste_count;
static bool is_pasting;
static int64_t paste_at_ms;
static cterm_input held;

static char answer[ANSWER_MAX + 1];
static int answer_count;
static bool is_answering;
static int64_t answer_at_ms;

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static bool write_all(int descriptor, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t n = write(descriptor, bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes += n;
    count -= (size_t)n;
  }
  return true;
}

static void say(const char *text) { write_all(STDOUT_FILENO, text, strlen(text)); }

// MARK: opening

// Nothing set says nothing about the terminal, and nearly every terminal is UTF-8; an explicit C or
// POSIX, or another charset, asks for plain letters.
static void choose_locale(void) {
  const char *wanted = getenv("LC_ALL");
  if (!wanted || !*wanted) wanted = getenv("LC_CTYPE");
  if (!wanted || !*wanted) wanted = getenv("LANG");
  bool is_set = wanted && *wanted;
  bool is_known = setlocale(LC_CTYPE, "") != NULL;
  is_utf8 = is_known ? strcmp(nl_langinfo(CODESET), "UTF-8") == 0
                     : wanted && (strcasestr(wanted, "utf-8") || strcasestr(wanted, "utf8"));
  if (!is_set) is_utf8 = true;
  // The library's own tables must be wide whatever we draw.
  if (!is_known || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
}

static const char *capability(const char *name) {
  char *text = tigetstr(name);
  return text && text != (char *)-1 ? text : NULL;
}

static void add_reset(const char *text) {
  size_t count = text ? strlen(text) : 0;
  if (reset_count + count > sizeof reset) return;
  memcpy(reset + reset_count, text, count);
  reset_count += count;
}

static void count_colours(void) {
  start_color();
  use_default_colors();
  bool direct = tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || capability("RGB");
  colours = direct          ? CTERM_DIRECT
            : COLORS >= 256 ? CTERM_256
            : COLORS >= 16  ? CTERM_16
            : COLORS >= 8   ? CTERM_8
                            : CTERM_MONO;
}

// Terminals of the xterm family answer whether they can hold a picture back until it is whole, and
// what their background is (OSC 11). The answers are declared as keys, so that nobody waits and a
// late one is never taken for typing.
static void ask_the_terminal(void) {
  static const char *const families[] = {"xterm", "tmux", "screen", "foot", "alacritty", "kitty",
                                         "wezterm", "ghostty", "contour", "rxvt", "st-"};
  static const char *const yes[] = {"\033[?2026;1$y", "\033[?2026;2$y"};
  static const char *const no[] = {"\033[?2026;0$y", "\033[?2026;3$y", "\033[?2026;4$y"};
  const char *term = getenv("TERM"), *program = getenv("TERM_PROGRAM");
  // Apple's terminal prints the tail of the question.
  if (!term || (program && strcmp(program, "Apple_Terminal") == 0)) return;
  for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
    if (strncmp(term, families[i], strlen(families[i])) != 0) continue;
    for (size_t k = 0; k < 2; k++) define_key(yes[k], SYNC_KNOWN);
    for (size_t k = 0; k < 3; k++) define_key(no[k], SYNC_UNKNOWN);
    say("\033[?2026$p");
    if (colours == CTERM_MONO) return;
    define_key("\033]11;rgb:", BACKGROUND_BEGINS);
    say("\033]11;?\033\\");
    return;
  }
}

// A terminal says by COLORTERM that it draws any colour; what ncurses must send for that stands in
// the description of its kind named `…-direct`, where that is installed.
static SCREEN *open_in_true_colour(const char *term) {
  const char *says = getenv("COLORTERM");
  if (!says || !term || (strcmp(says, "truecolor") != 0 && strcmp(says, "24bit") != 0)) return NULL;
  static const char table[] = "-256color";
  size_t count = strlen(term), tail = sizeof table - 1;
  if (count > tail && strcmp(term + count - tail, table) == 0) count -= tail;
  char name[NAME_MAX_BYTES];
  int used = snprintf(name, sizeof name, "%.*s-direct", (int)count, term);
  return used < (int)sizeof name ? newterm(name, stdout, stdin) : NULL;
}

static void stay(int number) { (void)number; }

// While it draws, ncurses ignores SIGTSTP where that has its default action, and thereby drops a
// Ctrl-Z that waits to be read. One with a handler it leaves alone; this one is never called, since
// the signal is blocked.
static void keep_stops(void) {
  struct sigaction now;
  if (sigaction(SIGTSTP, NULL, &now) != 0 || now.sa_handler != SIG_DFL) return;
  now.sa_handler = stay;
  sigaction(SIGTSTP, &now, NULL);
}

// Ctrl-S and Ctrl-Q are keys; as the terminal's own they would freeze the screen.
static void free_flow_keys(void) {
  struct termios now;
  if (tcgetattr(STDIN_FILENO, &now) != 0) return;
  now.c_iflag &= ~(tcflag_t)IXON;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
  def_prog_mode();
}

int cterm_open(bool wants_colours) {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return CTERM_NOT_A_TERMINAL;
  choose_locale();
  has_before = tcgetattr(STDIN_FILENO, &before) == 0;
  if (!getenv("ESCDELAY")) set_escdelay(25);
  keep_stops();
  // newterm and not initscr, which ends the program when it fails.
  const char *term = getenv("TERM");
  screen = wants_colours ? open_in_true_colour(term) : NULL;
  if (!screen) screen = newterm(NULL, stdout, stdin);
  if (!screen && term && *term && strcmp(term, "dumb") != 0)
    screen = newterm("xterm-256color", stdout, stdin);
  if (!screen) return CTERM_UNKNOWN;
  set_term(screen);
  if (!capability("cup")) {
    endwin();
    delscreen(screen);
    screen = NULL;
    return CTERM_TOO_SIMPLE;
  }
  cbreak();
  noecho();
  nonl();
  free_flow_keys();
  curs_set(0);
  // Keys are read through a pad: reading through a window would refresh it first.
  input = newpad(1, 1);
  keypad(input, TRUE);
  nodelay(input, TRUE);
  colours = CTERM_MONO;
  if (wants_colours && has_colors()) count_colours();
  knows_mouse = capability("kmous");
  define_key("\033[<", MOUSE_SGR);
  define_key("\033[M", MOUSE_X10);
  define_key("\033[200~", PASTE_BEGINS);
  define_key("\033[201~", PASTE_ENDS);
  reset_count = 0;
  add_reset("\033[?2026l\033[?1006l\033[?1003l\033[?1002l\033[?1000l\033[?2004l");
  if (colours != CTERM_MONO) add_reset(capability("op"));
  // The plain SGR reset and not terminfo's sgr0, which may carry padding only tputs understands.
  add_reset("\033[0m");
  add_reset(capability("cnorm"));
  add_reset(capability("rmkx"));
  add_reset(capability("rmcup"));
  is_open = 1;
  ask_the_terminal();
  say("\033[?2004h");
  return CTERM_OK;
}

void cterm_close(void) {
  if (!is_open) return;
  is_open = 0;
  cterm_mouse(false);
  endwin();
  say("\033[?2004l");
}

int cterm_escape_delay(void) { return get_escdelay(); }
bool cterm_is_utf8(void) { return is_utf8; }
int cterm_colours(void) { return colours; }
int cterm_rows(void) { return LINES; }
int cterm_columns(void) { return COLS; }

// MARK: drawing

void cterm_define_pair(int pair, int foreground, int background) {
  if (colours != CTERM_MONO) init_extended_pair(pair, foreground, background);
}

void cterm_put(int row, int column, const uint32_t *scalars, int count, int pair, int attributes) {
  attr_t attribute = A_NORMAL;
  if (attributes & CTERM_BOLD) attribute |= A_BOLD;
  if (attributes & CTERM_DIM) attribute |= A_DIM;
  if (attributes & CTERM_UNDERLINE) attribute |= A_UNDERLINE;
  if (attributes & CTERM_REVERSE) attribute |= A_REVERSE;
  if (attributes & CTERM_ITALIC) attribute |= A_ITALIC;
  // The last argument carries the whole number; the short one is what old ncurses read.
  if (colours == CTERM_MONO) pair = 0;
  wattr_set(stdscr, attribute, (short)pair, &pair);
  // wchar_t is a 32-bit scalar value on Linux.
  mvwaddnwstr(stdscr, row, column, (const wchar_t *)scalars, count);
}

int cterm_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

void cterm_cursor(int row, int column, bool visible) {
  shows_cursor = visible;
  wmove(stdscr, row, column);
}

void cterm_flush(void) {
  if (!is_open) return;
  wnoutrefresh(stdscr);
  if (has_sync) say("\033[?2026h");
  // What shows or hides the cursor is sent at once, and so belongs to the picture.
  curs_set(shows_cursor ? 1 : 0);
  doupdate();
  if (has_sync) say("\033[?2026l");
}

void cterm_redraw(void) { clearok(stdscr, TRUE); }
void cterm_bell(void) { beep(); }

void cterm_mouse(bool on) {
  wants_mouse = on;
  if (!knows_mouse) return;
  say(on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l");
}

// MARK: input

static void add_to_paste(uint32_t scalar) {
  if (paste_count < PASTE_MAX) paste[paste_count++] = scalar;
  paste_at_ms = now_ms();
}

static void begin_paste(void) {
  is_pasting = true;
  paste_count = 0;
  paste_at_ms = now_ms();
}

static cterm_input end_paste(void) {
  is_pasting = false;
  return (cterm_input){.kind = CTERM_PASTE, .code = paste_count};
}

static void begin_answer(void) {
  is_answering = true;
  answer_count = 0;
  answer_at_ms = now_ms();
}

// Reads on in `RRRR/GGGG/BBBB` up to its end, BEL or ESC \; the colour when that was it.
static cterm_input take_answer(wint_t key) {
  answer_at_ms = now_ms();
  if (key != 7 && key != '\\') {
    if (key != 27 && answer_count < ANSWER_MAX) answer[answer_count++] = (char)key;
    return (cterm_input){0};
  }
  is_answering = false;
  answer[answer_count] = 0;
  int32_t colour = 0;
  const char *at = answer;
  for (int i = 0; i < 3; i++) {
    char *end;
    unsigned long part = strtoul(at, &end, 16);
    // One to four digits stand for a share of the most they can write.
    long digits = end - at;
    if (digits < 1 || digits > 4 || *end != (i < 2 ? '/' : 0)) return (cterm_input){0};
    colour = colour << 8 | (int32_t)(part * 255 / ((1UL << (4 * digits)) - 1));
    at = end + 1;
  }
  return (cterm_input){.kind = CTERM_BACKGROUND, .code = colour};
}

// The next byte of a report, which may come in pieces; 0 when it does not come.
static wint_t report_byte(void) {
  wint_t next;
  for (int64_t start = now_ms(), left = report_wait_ms; left >= 0;
       left = start + report_wait_ms - now_ms()) {
    int kind = wget_wch(input, &next);
    if (kind == OK) return next;
    if (kind == KEY_CODE_YES) return 0;
    struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&waiting, 1, (int)left) == 0) return 0;
  }
  return 0;
}

// A mouse's report after its beginning, button;column;row and M or m. It is read here and not by
// ncurses, which waits for the next report, and hears nothing else, after one it was not asked for:
// the release of a button.
static cterm_input mouse_input(wint_t beginning) {
  int numbers[3] = {0}, at = 0;
  wint_t last = 'M';
  if (beginning == MOUSE_X10) {
    for (; at < 3; at++) {
      wint_t byte = report_byte();
      if (byte < 32) return (cterm_input){0};
      numbers[at] = (int)byte - 32;
    }
    at = 2;
  } else {
    for (int i = 0; i < SEQUENCE_MAX; i++) {
      last = report_byte();
      if (last == ';' && at < 2) at++;
      else if (last >= '0' && last <= '9' && numbers[at] < 100000)
        numbers[at] = numbers[at] * 10 + (int)(last - '0');
      else break;
    }
  }
  int what = numbers[0] == 0    ? CTERM_PRESS
             : numbers[0] == 64 ? CTERM_WHEEL_UP
             : numbers[0] == 65 ? CTERM_WHEEL_DOWN
                                : 0;
  if (last != 'M' || at != 2 || !what || numbers[1] < 1 || numbers[2] < 1) return (cterm_input){0};
  return (cterm_input){
    .kind = CTERM_MOUSE, .code = what, .row = numbers[2] - 1, .column = numbers[1] - 1};
}

static int key_code(wint_t key) {
  switch (key) {
    case KEY_UP: case KEY_SR: return CTERM_UP;
    case KEY_DOWN: case KEY_SF: return CTERM_DOWN;
    case KEY_LEFT: case KEY_SLEFT: return CTERM_LEFT;
    case KEY_RIGHT: case KEY_SRIGHT: return CTERM_RIGHT;
    case KEY_PPAGE: return CTERM_PAGE_UP;
    case KEY_NPAGE: return CTERM_PAGE_DOWN;
    case KEY_HOME: return CTERM_HOME;
    case KEY_END: return CTERM_END;
    case KEY_ENTER: return CTERM_ENTER;
    case KEY_BACKSPACE: return CTERM_BACKSPACE;
    case KEY_DC: return CTERM_DELETE;
    case KEY_IC: return CTERM_INSERT;
    case KEY_BTAB: return CTERM_BACK_TAB;
    default: return key > KEY_F0 && key <= KEY_F(12) ? CTERM_F0 + (int)(key - KEY_F0) : 0;
  }
}

// After an escape that begins no known key: Alt with a letter, a sequence nobody declared (dropped
// whole, so that its letters are not taken for commands), or the key itself.
static cterm_input after_escape(void) {
  wint_t next;
  int kind = wget_wch(input, &next);
  if (kind == ERR) return (cterm_input){.kind = CTERM_CHARACTER, .code = 27};
  if (kind == KEY_CODE_YES && (next == PASTE_BEGINS || next == BACKGROUND_BEGINS)) {
    if (next == PASTE_BEGINS) begin_paste();
    else begin_answer();
    return (cterm_input){.kind = CTERM_CHARACTER, .code = 27};
  }
  if (kind == KEY_CODE_YES) {
    held = next == MOUSE_SGR || next == MOUSE_X10
             ? mouse_input(next)
             : (cterm_input){.kind = CTERM_KEY, .code = key_code(next)};
    return (cterm_input){.kind = CTERM_CHARACTER, .code = 27};
  }
  if (next != '[' && next != 'O') return (cterm_input){.kind = CTERM_ALT, .code = (int32_t)next};
  wint_t last;
  for (int i = 0; i < SEQUENCE_MAX; i++) {
    if (wget_wch(input, &last) != OK) {
      if (i == 0) return (cterm_input){.kind = CTERM_ALT, .code = (int32_t)next};
      break;
    }
    if (last >= 0x40 && last <= 0x7E) break;
  }
  return (cterm_input){.kind = CTERM_KEY, .code = 0};
}

cterm_input cterm_next(void) {
  if (held.kind) {
    cterm_input result = held;
    held.kind = CTERM_NONE;
    return result;
  }
  for (;;) {
    wint_t key;
    int kind = wget_wch(input, &key);
    if (kind == ERR) {
      // An end that never comes must not swallow the keys for ever.
      if (is_pasting && now_ms() - paste_at_ms >= paste_wait_ms) return end_paste();
      if (is_answering && now_ms() - answer_at_ms >= paste_wait_ms) is_answering = false;
      return (cterm_input){0};
    }
    if (is_answering) {
      cterm_input background = kind == OK ? take_answer(key) : (cterm_input){0};
      if (background.kind) return background;
      continue;
    }
    if (is_pasting) {
      if (kind == KEY_CODE_YES && key == PASTE_ENDS) return end_paste();
      if (kind == OK) add_to_paste(key);
      continue;
    }
    if (kind == OK && key == 27) return after_escape();
    if (kind == OK) return (cterm_input){.kind = CTERM_CHARACTER, .code = (int32_t)key};
    switch (key) {
      case PASTE_BEGINS:
        begin_paste();
        continue;
      case PASTE_ENDS: case SYNC_UNKNOWN: continue;
      case SYNC_KNOWN: has_sync = true; continue;
      case BACKGROUND_BEGINS: begin_answer(); continue;
      case KEY_RESIZE: return (cterm_input){.kind = CTERM_RESIZE};
      case MOUSE_SGR: case MOUSE_X10: {
        cterm_input event = mouse_input(key);
        if (event.kind) return event;
        continue;
      }
      default: return (cterm_input){.kind = CTERM_KEY, .code = key_code(key)};
    }
  }
}

const uint32_t *cterm_paste(int *count) {
  *count = paste_count;
  return paste;
}

bool cterm_is_pasting(void) { return is_pasting || is_answering; }

bool cterm_measure(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return false;
  if (size.ws_row == LINES && size.ws_col == COLS) return false;
  return resizeterm(size.ws_row, size.ws_col) == OK;
}

// MARK: giving the terminal away

void cterm_suspend(void) {
  bool mouse = wants_mouse;
  cterm_mouse(false);
  wants_mouse = mouse;
  def_prog_mode();
  endwin();
  say("\033[?2004l");
  is_open = 0;
}

void cterm_resume(void) {
  is_open = 1;
  reset_prog_mode();
  say("\033[?2004h");
  cterm_mouse(wants_mouse);
  cterm_measure();
  clearok(stdscr, TRUE);
}

static const int taken_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
enum { TAKEN_COUNT = sizeof taken_signals / sizeof *taken_signals };

int cterm_run(const char *const *arguments) {
  // A child inherits the blocked mask, and would never hear Ctrl-C.
  sigset_t none, standard;
  sigemptyset(&none);
  sigemptyset(&standard);
  sigaddset(&standard, SIGPIPE);
  for (size_t i = 0; i < TAKEN_COUNT; i++) sigaddset(&standard, taken_signals[i]);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &standard);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child;
  int error = posix_spawnp(&child, arguments[0], NULL, &how, (char *const *)arguments, environ);
  posix_spawnattr_destroy(&how);
  if (error) return -error;
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// MARK: signals and waking

int cterm_block_signals(void) {
  sigset_t mask;
  sigemptyset(&mask);
  for (size_t i = 0; i < TAKEN_COUNT; i++) sigaddset(&mask, taken_signals[i]);
  if (pthread_sigmask(SIG_BLOCK, &mask, NULL) != 0) return -1;
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
}

int cterm_read_signal(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

void cterm_stop_process(void) { raise(SIGSTOP); }
int cterm_wake_open(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void cterm_wake(int descriptor) {
  uint64_t one = 1;
  while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {}
}

void cterm_wake_take(int descriptor) {
  uint64_t count;
  while (read(descriptor, &count, sizeof count) < 0 && errno == EINTR) {}
}

// MARK: crashes

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGQUIT};
enum { CRASH_COUNT = sizeof crashes / sizeof *crashes };
static struct sigaction earlier[CRASH_COUNT];

// Only calls that POSIX allows in a signal handler: write and tcsetattr. Other threads still run;
// `is_open` makes their flush do nothing.
static void on_crash(int number, siginfo_t *info, void *context) {
  if (is_open) {
    is_open = 0;
    write_all(STDOUT_FILENO, reset, reset_count);
    if (has_before) tcsetattr(STDIN_FILENO, TCSANOW, &before);
  }
  for (size_t i = 0; i < CRASH_COUNT; i++) {
    if (crashes[i] != number) continue;
    if ((earlier[i].sa_flags & SA_SIGINFO) && earlier[i].sa_sigaction) {
      earlier[i].sa_sigaction(number, info, context);
      return;
    }
    if (earlier[i].sa_handler != SIG_DFL && earlier[i].sa_handler != SIG_IGN) {
      earlier[i].sa_handler(number);
      return;
    }
  }
  signal(number, SIG_DFL);
  raise(number);
}

void cterm_guard_crashes(void) {
  // A stack of its own, since an overflowing stack is one way to crash.
  static char room[64 * 1024];
  stack_t stack;
  if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE)) {
    stack = (stack_t){.ss_sp = room, .ss_size = sizeof room};
    sigaltstack(&stack, NULL);
  }
  for (size_t i = 0; i < CRASH_COUNT; i++) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = on_crash;
    sigaction(crashes[i], &action, &earlier[i]);
  }
  atexit(cterm_close);
}

bool cterm_write_tty(const char *bytes, size_t count) {
  int descriptor = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return false;
  bool all = write_all(descriptor, bytes, count);
  close(descriptor);
  return all;
}
