// Runs a program that reads what it is given and says nothing: one that fills the desktop's clipboard.
#define _GNU_SOURCE 1
#include "cterm.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// The bytes as a file in memory, so that neither side waits for the other.
static int file_of(const char *bytes, size_t count) {
  int file = memfd_create("rentbook-copy", MFD_CLOEXEC);
  if (file < 0) return -1;
  while (count > 0) {
    ssize_t n = write(file, bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      close(file);
      return -1;
    }
    bytes += n;
    count -= (size_t)n;
  }
  lseek(file, 0, SEEK_SET);
  return file;
}

int cterm_feed(const char *const *arguments, const char *bytes, size_t count, int milliseconds) {
  int file = file_of(bytes, count);
  if (file < 0) return -errno;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, file, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // A child inherits the blocked mask and the ignored signals.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &all);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child;
  int error = posix_spawnp(&child, arguments[0], &files, &how, (char *const *)arguments, environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  close(file);
  if (error) return -error;
  const struct timespec step = {.tv_nsec = 2000000};
  for (int waited = 0; waited < milliseconds; waited += 2) {
    int status;
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0 && errno != EINTR) return -errno;
    nanosleep(&step, NULL);
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return -ETIMEDOUT;
}
