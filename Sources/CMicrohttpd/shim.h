#pragma once
#include <microhttpd.h>

// MHD_start_daemon is variadic, which Swift cannot call.
//
// One thread per connection: an answer held back, or a handler that waits for a disk, then holds
// up nobody else. The daemon owns listen_socket from here on, unless NULL is returned. With a
// certificate and its key (PEM) it speaks TLS.
static inline struct MHD_Daemon *rb_mhd_start(
    int listen_socket, MHD_AccessHandlerCallback handler,
    void *(*target)(void *cls, const char *uri, struct MHD_Connection *connection),
    MHD_RequestCompletedCallback completed, void *cls, unsigned connections_max,
    unsigned idle_seconds, size_t connection_bytes, const char *certificate, const char *key) {
  struct MHD_OptionItem completion = {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)completed, cls};
  struct MHD_OptionItem log = {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)target, cls};
  struct MHD_OptionItem end = {MHD_OPTION_END, 0, NULL};
  struct MHD_OptionItem options[] = {completion, log, end, end, end};
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                   MHD_USE_POLL | MHD_USE_ITC;
  if (certificate != NULL) {
    struct MHD_OptionItem own = {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate};
    struct MHD_OptionItem secret = {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key};
    options[2] = own;
    options[3] = secret;
    flags |= MHD_USE_TLS;
  }
  return MHD_start_daemon(
      flags,
      0, NULL, NULL, handler, cls, MHD_OPTION_LISTEN_SOCKET, listen_socket,
      MHD_OPTION_CONNECTION_LIMIT, connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes, MHD_OPTION_ARRAY, options,
      MHD_OPTION_END);
}

// The macros below do not import: they are casts and computed values.
static inline ssize_t rb_mhd_end_with_error(void) { return MHD_CONTENT_READER_END_WITH_ERROR; }
